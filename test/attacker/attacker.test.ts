// The attacker has to be one: a client that checks nothing falls for it, OpenSSL does not.

import { connect, type TLSSocket } from "node:tls";
import { ATTACKS, Attacker, ONLOOKER, Scene, Sink } from "../support/attacker.js";

const SECRET = "open sesame";

let scene: Scene;
let sink: Sink;

beforeAll(async () => {
	scene = new Scene();
	sink = await Sink.start(scene);
});

afterAll(() => {
	sink.close();
	scene.remove();
});

/** A client that sends as soon as it may; resolves when it is over. What came, or why nothing. */
function visit({ port }: Attacker, isCareless = false): Promise<string> {
	return new Promise((resolve) => {
		const socket: TLSSocket = connect({
			port,
			host: "localhost",
			ca: scene.authority.own.pem,
			maxVersion: "TLSv1.2",
			rejectUnauthorized: !isCareless,
		});
		let result = "nothing";
		socket.setTimeout(300, () => socket.destroy());
		socket.once("secureConnect", () => socket.write(Buffer.concat([Buffer.of(0x10), Buffer.from(SECRET)])));
		socket.once("data", (bytes) => {
			result = bytes.toString("hex");
			socket.destroy();
		});
		socket.on("error", (error) => {
			result = error.message;
		});
		socket.once("close", () => resolve(result));
	});
}

async function attack(begin: (typeof ATTACKS)[number]["begin"], isCareless?: boolean) {
	const attacker = await Attacker.start(begin, scene, sink.port);
	try {
		const result = await visit(attacker, isCareless);
		await new Promise((resolve) => setImmediate(resolve));
		return { result, learnt: attacker.learnt(SECRET), heard: attacker.heard.toString("latin1") };
	} finally {
		attacker.close();
	}
}

test("each attack has a name of its own", () => {
	expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});

test("who only looks on learns nothing, and the broker answers", async () => {
	expect(await attack(ONLOOKER)).toEqual({ result: "20020000", learnt: [], heard: "" });
	expect(sink.received.toString("latin1")).toContain(SECRET);
});

test.each(ATTACKS.map(({ name, begin }) => [name, begin] as const))(
	"OpenSSL tells nothing: %s",
	async (_name, begin) => {
		expect((await attack(begin)).learnt).toEqual([]);
	},
);

// What a certificate alone can do.
test.each(ATTACKS.slice(0, 9).map(({ name, begin }) => [name, begin] as const))(
	"a client that checks no certificate tells all: %s",
	async (_name, begin) => {
		expect(await attack(begin, true)).toMatchObject({ heard: `\x10${SECRET}` });
	},
);
