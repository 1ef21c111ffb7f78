// `npm run test:simulator -- --tls`: TLS in the simulator, with the SDK's own session. Its primitives against OpenSSL's;
// our Client against Mosquitto; each attack on our Client, which has to tell why it gives up and lets nothing be heard; and
// each on the SDK's own socket, which falls for some of them: so it is known that they bite.

import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as clientReasons from "../../src/connection/reasons.js";
import { Certificate } from "../../src/transport/tls/certificate.js";
import { Reader, Tag } from "../../src/transport/tls/der.js";
import type { TlsOptions } from "../../src/transport/tls/options.js";
import * as tlsReasons from "../../src/transport/tls/reasons.js";
import { NAMES } from "../support/attacker/scene.js";
import { ATTACKS, Attacker, ONLOOKER, Scene, Sink } from "../support/attacker.js";
import { Authority, type Issued, selfSigned } from "../support/authority.js";
import { Broker, freePort } from "./broker.js";
import { buildApp, OUTPUT } from "./build.js";
import { vectors, writeVectors } from "./primitives.js";
import type { Sdk } from "./sdk.js";
import { Simulator } from "./simulator.js";

const FIRMWARE = resolve("test/simulator/firmware");
const GENERATED = join(OUTPUT, "generated");
const PASSWORD = "open-sesame";
/** Seconds in which all of an app's visits have to be over. */
const PATIENCE = 180;

interface Place {
	sdk: Sdk;
	display: string | undefined;
}

/** What an app has traced, a line each, until it was done. Throws when it was not. */
async function run(
	{ sdk, display }: Place,
	name: string,
	settings: Record<string, string>,
): Promise<string[]> {
	const app = await buildApp(sdk, join(FIRMWARE, name), "debug", settings, { XS_MQTT_GENERATED: GENERATED });
	const simulator = await Simulator.start(sdk, app, display);
	try {
		for (let waited = 0; !simulator.log.includes("done"); waited++) {
			if (simulator.ended !== undefined || waited > PATIENCE * 10)
				throw new Error(
					`${name} was never done: ${simulator.ended ?? "time is up"}; ${simulator.log.slice(-5).join(" | ")}`,
				);
			await sleep(100);
		}
		return simulator.log;
	} finally {
		await simulator.stop();
	}
}

/** What an app has traced of its visit to a port. */
const visited = (log: readonly string[], port: number): string =>
	log.find((line) => line.startsWith(`visit ${port} `))?.slice(`visit ${port} `.length) ?? "nothing";

/** A certificate in whose signature r or s has a 0 in front, which DER leaves out. */
function issueShort(authority: Authority): Issued {
	for (;;) {
		const issued = authority.issue({ names: NAMES, key: "P-256" });
		const { signature, signatureEnd } = new Certificate(issued.der);
		const reader = new Reader(issued.der, signature, signatureEnd);
		reader.enter(Tag.SEQUENCE);
		for (let number = 0; number < 2; number++) {
			reader.natural();
			if (reader.position - reader.start < 32) return issued;
		}
	}
}

const write = (file: string, content: string | Uint8Array): void => {
	mkdirSync(GENERATED, { recursive: true });
	writeFileSync(join(GENERATED, file), content);
};

interface Visit {
	port: number;
	tls?: TlsOptions;
	webSocket?: object;
	payload?: number;
}

const writeVisits = (visits: readonly Visit[]): void =>
	write("visits.js", `export const visits = ${JSON.stringify(visits)};\n`);

async function primitives(place: Place): Promise<string[]> {
	const all = vectors();
	writeVectors(GENERATED, all);
	const results = (await run(place, "primitives", {}))
		.filter((line) => line.startsWith("result "))
		.map((line) => line.slice("result ".length));
	return all.flatMap(([primitive, args, wanted], i) =>
		results[i] === wanted ? [] : [`${primitive}(${args.join(", ")}) is ${results[i]}, not ${wanted}`],
	);
}

/** A listener of Mosquitto, how our Client goes there, and what has to come of it. */
interface Case extends Omit<Visit, "port"> {
	name: string;
	/** None: it has no TLS. */
	shows?: Issued;
	/** Path of what it shows; default: with its authority. */
	chain?: string;
	settings?: string[];
	result: string;
}

async function brokers(place: Place): Promise<string[]> {
	const authority = new Authority();
	const other = new Authority({ name: "Another authority" });
	const simple = new Authority({ simple: true });
	const bare = simple.issue({ names: NAMES, simple: true });
	const mixed = simple.issue({ names: NAMES, key: "P-256" });
	const own = selfSigned({ names: NAMES });
	const good = authority.issue({ names: NAMES });
	const elliptic = authority.issue({ names: NAMES, key: "P-256" });
	const curved = new Authority({ name: "Authority with an EC key", key: "P-256" });
	const short = issueShort(curved);
	const elsewhere = authority.issue({ name: "elsewhere.test" });
	const board = authority.issue({ name: "board" });
	const thief = authority.issue({ name: "thief" });
	const revoked = authority.revoke(thief);
	const wantsCertificate = [`cafile ${authority.own.file}`, "require_certificate true"];
	const ca = authority.own.pem;
	const all: Case[] = [
		{ name: "the authority as resource", shows: good, result: "delivered" },
		{ name: "the authority as PEM", shows: good, tls: { ca }, result: "delivered" },
		{ name: "its own certificate only", shows: good, chain: good.file, result: "delivered" },
		{ name: "an elliptic curve", shows: elliptic, result: "delivered" },
		{
			name: "an ECDSA signature with a short number",
			shows: short,
			chain: short.file,
			tls: { ca: curved.own.pem },
			result: "delivered",
		},
		{
			name: "an elliptic curve below an RSA key without identifiers",
			shows: mixed,
			chain: mixed.file,
			tls: { ca: simple.own.pem },
			result: "delivered",
		},
		{
			name: "none in the broker's",
			shows: authority.issue({ names: NAMES, simple: true }),
			result: "delivered",
		},
		{
			name: "no key identifiers",
			shows: bare,
			chain: bare.file,
			tls: { ca: simple.own.pem },
			result: "delivered",
		},
		{ name: "a message of several records", shows: good, payload: 5000, result: "delivered" },
		{
			name: "fragments of 512 bytes",
			shows: good,
			tls: { ca, fragmentLength: 512 },
			payload: 3000,
			result: "delivered",
		},
		{ name: "two authorities", shows: good, tls: { ca: [other.own.pem, ca] }, result: "delivered" },
		{ name: "another authority", shows: good, tls: { ca: other.own.pem }, result: "UNKNOWN_CA" },
		{ name: "another name", shows: elsewhere, result: "WRONG_NAME" },
		{
			name: "the name given",
			shows: elsewhere,
			tls: { ca, serverName: "elsewhere.test" },
			result: "delivered",
		},
		{ name: "a pin", shows: own, chain: own.file, tls: { pin: own.pin }, result: "delivered" },
		{ name: "another pin", shows: own, chain: own.file, tls: { pin: good.pin }, result: "WRONG_PIN" },
		{
			name: "a client certificate",
			shows: good,
			settings: wantsCertificate,
			tls: { ca, certificate: board.pem, key: board.key },
			result: "delivered",
		},
		{
			name: "a client certificate that is longer than the fragments of 512 bytes",
			shows: good,
			settings: wantsCertificate,
			tls: { ca, certificate: board.pem, key: board.key, fragmentLength: 512 },
			result: "delivered",
		},
		{ name: "none", shows: good, settings: wantsCertificate, result: "CLIENT_CERTIFICATE_REFUSED" },
		{
			name: "a revoked one",
			shows: good,
			settings: [...wantsCertificate, `crlfile ${revoked}`],
			tls: { ca, certificate: thief.pem, key: thief.key },
			result: "CLIENT_CERTIFICATE_REFUSED",
		},
		{
			name: "TLS 1.3 only",
			shows: good,
			settings: ["tls_version tlsv1.3"],
			result: "TLS_VERSION",
		},
		{
			name: "WebSocket",
			settings: ["protocol websockets"],
			webSocket: {},
			payload: 200,
			result: "delivered",
		},
		{
			name: "WebSocket over TLS",
			shows: good,
			settings: ["protocol websockets"],
			webSocket: {},
			payload: 5000,
			result: "delivered",
		},
	];
	const visits: Visit[] = [];
	const settings: string[] = [];
	for (const [i, { shows, chain, settings: more = [], tls, webSocket, payload }] of all.entries()) {
		const port = await freePort();
		visits.push({ port, tls: tls ?? (shows && {}), webSocket, payload });
		settings.push(`listener ${port} 127.0.0.1`, "allow_anonymous true", ...more);
		if (shows === undefined) continue;
		settings.push(
			`certfile ${chain ?? authority.bundle(`chain-${i}.pem`, shows, authority.own)}`,
			`keyfile ${shows.keyFile}`,
		);
	}
	const broker = await Broker.start(place.sdk, settings);
	try {
		write("ca.der", authority.own.der);
		writeVisits(visits);
		const log = await run(place, "guarded", { password: PASSWORD });
		const faults = all.flatMap(({ name, result }, i) => {
			const was = visited(log, visits[i].port);
			return was === result ? [] : [`${name}: ${was}, not ${result}`];
		});
		const delivered = all.filter(({ result }) => result === "delivered").length;
		if (broker.messages !== delivered) faults.push(`${broker.messages} messages came, not ${delivered}`);
		return faults;
	} finally {
		await broker.stop();
		for (const each of [authority, other, simple, curved, own]) each.remove();
	}
}

/** A copy of the example, with the certificates that a user puts into its folder: what it is to send arrives. */
async function example({ sdk, display }: Place): Promise<string[]> {
	const folder = join(GENERATED, "examples/secure-sensor");
	rmSync(folder, { recursive: true, force: true });
	cpSync("examples/secure-sensor", folder, { recursive: true });
	for (const name of readdirSync(".").filter((file) => /^(manifest.*\.json|src|hosts)$/.test(file))) {
		rmSync(join(GENERATED, name), { force: true });
		symlinkSync(resolve(name), join(GENERATED, name));
	}
	const authority = new Authority();
	const good = authority.issue({ names: NAMES });
	const board = authority.issue({ name: "sensor-1" });
	for (const [name, text] of [
		["ca.pem", authority.own.pem],
		["client.pem", board.pem],
		["client.key", board.key],
	])
		writeFileSync(join(folder, "certificates", name), text);
	const port = await freePort();
	const broker = await Broker.start(sdk, [
		`listener ${port} 127.0.0.1`,
		`certfile ${good.file}`,
		`keyfile ${good.keyFile}`,
		`cafile ${authority.own.file}`,
		"require_certificate true",
		"use_identity_as_username true",
	]);
	try {
		const app = await buildApp(sdk, folder, "debug", { host: "localhost", port, interval: 100 });
		const simulator = await Simulator.start(sdk, app, display);
		try {
			for (let waited = 0; waited < 300 && broker.qos[1] < 3; waited++) await sleep(100);
			return broker.qos[1] < 3 ? [`${broker.messages} messages came; ${simulator.log.join(" | ")}`] : [];
		} finally {
			await simulator.stop();
		}
	} finally {
		await broker.stop();
		authority.remove();
	}
}

const nameOf = (reason: unknown): string | undefined =>
	Object.entries({ ...clientReasons, ...tlsReasons }).find(([, each]) => each === reason)?.[0];

/** Each of the attacks on the app `name`; `judge` says what is wrong. */
async function attack(
	place: Place,
	name: string,
	attacks: typeof ATTACKS,
	judge: (attack: (typeof ATTACKS)[number], result: string, learnt: string[]) => string | undefined,
): Promise<string[]> {
	const scene = new Scene();
	const sink = await Sink.start(scene);
	const onlooker = await Attacker.start(ONLOOKER, scene, sink.port);
	const attackers = await Promise.all(attacks.map(({ begin }) => Attacker.start(begin, scene, sink.port)));
	try {
		const ports = [onlooker, ...attackers].map(({ port }) => port);
		write("ca.der", scene.authority.own.der);
		writeVisits(ports.map((port) => ({ port, tls: {} })));
		const log = await run(place, name, { password: PASSWORD, ports: ports.join(",") });
		const faults = attacks.flatMap((each, i) => {
			const fault = judge(each, visited(log, attackers[i].port), attackers[i].learnt(PASSWORD));
			return fault === undefined ? [] : [`${each.name}: ${fault}`];
		});
		if (onlooker.learnt(PASSWORD).length > 0) faults.push("who only looks on learns something");
		if (!sink.received.includes(PASSWORD)) faults.push("without an attack nothing arrives");
		return faults;
	} finally {
		for (const each of [onlooker, ...attackers]) each.close();
		sink.close();
		scene.remove();
	}
}

const guarded = (place: Place) =>
	attack(place, "guarded", ATTACKS, ({ reason }, result, learnt) => {
		if (learnt.length > 0) return `the attacker has learnt ${learnt.join(", ")}`;
		return result === nameOf(reason) ? undefined : `the reason was ${result}, not ${nameOf(reason)}`;
	});

const unguarded = (place: Place) =>
	attack(
		place,
		"unguarded",
		ATTACKS.filter(({ stops }) => stops === undefined),
		({ fools }, _result, learnt) => {
			const isFooled = learnt.length > 0;
			if (isFooled === (fools !== undefined)) return undefined;
			return isFooled ? "the SDK's socket falls for it" : "the SDK's socket does not fall for it any more";
		},
	);

/** What is wrong, by the name of what was tried. */
export async function* tryTls(place: Place): AsyncGenerator<[name: string, faults: string[]]> {
	yield ["primitives", await primitives(place)];
	yield ["brokers", await brokers(place)];
	yield ["examples/secure-sensor", await example(place)];
	yield ["attacks", await guarded(place)];
	yield ["attacks on the SDK's own socket", await unguarded(place)];
}
