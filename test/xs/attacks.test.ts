// The man in the middle against the real engine: each attack is told by its name, and nobody learns a secret. Without guard
// and chain check the same attacks succeed.

import { CONNECT_TIMEOUT } from "../../src/connection/reasons.js";
import { ATTACKS, type Attack, Attacker, ONLOOKER, Scene, Sink } from "../support/attacker.js";
import { FIRST, LOADS, start } from "../support/board.js";
import type { AttackedConfig } from "./firmware/attacked.js";

const SECRET = "open sesame";
const [, [, preload]] = LOADS;

let scene: Scene;
let sink: Sink;

beforeAll(async () => {
	scene = new Scene();
	sink = await Sink.start(scene);
}, FIRST);

afterAll(() => {
	sink.close();
	scene.remove();
});

/** Takes part until `done`, which gets the attacker, and the app's first report once there is one. */
async function attack(
	begin: Attack["begin"],
	session: AttackedConfig["session"],
	done: (attacker: Attacker, report: string | undefined) => boolean,
	connectTimeout = 60_000,
) {
	const attacker = await Attacker.start(begin, scene, sink.port);
	try {
		const config: AttackedConfig = {
			port: attacker.port,
			tls: { ca: scene.authority.own.pem },
			session,
			password: SECRET,
			connectTimeout,
		};
		const { board, all } = await start<string>({
			firmware: "test/xs/firmware/attacked",
			preload,
			config: { ...config },
		});
		while (!done(attacker, all[0])) await new Promise((wake) => setTimeout(wake, 20));
		await board.unplug();
		return {
			report: all[0],
			learnt: attacker.learnt(SECRET, "attacked"),
			connections: attacker.connections,
		};
	} finally {
		attacker.close();
	}
}

/** The app has reported, and what it has sent by then has arrived: all that is readable is read between two looks. */
const reported = () => {
	let looks = 0;
	return (_attacker: Attacker, report: string | undefined) => report !== undefined && looks++ > 1;
};

describe.each(["good", "careless", "bare"] as const)("with a %s session", (session) => {
	test("who only looks on learns nothing", async () => {
		expect(await attack(ONLOOKER, session, reported())).toEqual({
			report: "connected",
			learnt: [],
			connections: 1,
		});
		expect(sink.received.toString("latin1")).toContain(SECRET);
	});
});

describe.each(["good", "careless"] as const)("a %s session behind our guard", (session) => {
	test.each(ATTACKS.map((it) => [it.name, it] as const))(
		"%s",
		async (_name, { begin, reason }) => {
			const patience = reason === CONNECT_TIMEOUT ? 1000 : undefined;
			expect(await attack(begin, session, reported(), patience)).toEqual({
				report: reason.message,
				learnt: [],
				connections: 1,
			});
		},
		20_000,
	);
});

/** OpenSSL, which is in even the careless session, falls for no false signature and no other version. */
const SUCCESSFUL = ATTACKS.filter(
	({ fools, name }) => fools !== undefined && !/key exchange|signature|exponent 3|TLS 1.1|SSL 3/.test(name),
);

test("there are attacks that would succeed", () => {
	expect(SUCCESSFUL.length).toBeGreaterThan(7);
});

test.each(SUCCESSFUL.map(({ name, begin }) => [name, begin] as const))(
	"without guard and chain check he learns the password: %s",
	async (_name, begin) => {
		const knows = (attacker: Attacker) => attacker.learnt(SECRET).includes(SECRET);
		const { learnt } = await attack(begin, "bare", knows);
		expect(learnt).toContain(SECRET);
	},
	30_000,
);
