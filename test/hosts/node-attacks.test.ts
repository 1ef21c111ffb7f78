// The man in the middle against the Node host: nobody learns a secret, and attacks have the names that they have on boards.

import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import { CONNECT_TIMEOUT } from "../../src/connection/reasons.js";
import {
	HANDSHAKE_LOST,
	TLS_PROTOCOL,
	UNKNOWN_CA,
	WRONG_SIGNATURE,
} from "../../src/transport/tls/reasons.js";
import type { Reason } from "../../src/wire/reason.js";
import { ATTACKS, type Attack, Attacker, ONLOOKER, Scene, Sink } from "../support/attacker.js";

const SECRET = "open sesame";

/** What OpenSSL finds first, or sees otherwise; and records may have any length here. */
const OTHERWISE = new Map<string, Reason>([
	["a chain of his own certificate, the broker's, the authority's", UNKNOWN_CA],
	["his own certificate put in place of the broker's", WRONG_SIGNATURE],
	["TLS 1.3 in the old place", TLS_PROTOCOL],
	["a record that says it has 16 KB and more", TLS_PROTOCOL],
	["a record that says it has 64 KB", TLS_PROTOCOL],
	["a Certificate with thousands of certificates, all of them empty", TLS_PROTOCOL],
	["a Certificate of 16 MB in small records", TLS_PROTOCOL],
	["HelloRequest, endlessly", CONNECT_TIMEOUT],
	["a CertificateRequest with thousands of names, all of them empty", TLS_PROTOCOL],
	// To Node's TLS an orderly end is an end like any other.
	...["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "ChangeCipherSpec"].flatMap(
		(step) =>
			["before", "in place of"].map((where) => [`close_notify ${where} ${step}`, HANDSHAKE_LOST] as const),
	),
]);

let scene: Scene;
let sink: Sink;
beforeAll(async () => {
	scene = new Scene();
	sink = await Sink.start(scene);
}, 60_000);
afterAll(() => {
	sink.close();
	scene.remove();
});

/** What becomes of the attempt to connect, and what the attacker has learnt then. */
async function attack(begin: Attack["begin"], connectTimeout: number) {
	const attacker = await Attacker.start(begin, scene, sink.port);
	let client: Client | undefined;
	try {
		const reason = await new Promise<Reason | undefined>((resolve) => {
			client = new Client({
				...network,
				protocolVersion: 4,
				host: "localhost",
				port: attacker.port,
				tls: { ca: scene.authority.own.pem },
				clientId: "attacked",
				username: "ann",
				password: SECRET,
				connectTimeout,
				onConnected: () => resolve(undefined),
				onDisconnected: resolve,
			});
		});
		// All that was sent has arrived: what is readable is read between two looks.
		for (let looks = 0; looks < 3; looks++) await new Promise((wake) => setTimeout(wake, 10));
		return { reason: reason?.message, learnt: attacker.learnt(SECRET, "attacked") };
	} finally {
		client?.close();
		attacker.close();
	}
}

test("who only looks on learns nothing", async () => {
	expect(await attack(ONLOOKER, 30_000)).toEqual({ reason: undefined, learnt: [] });
	expect(sink.received.toString("latin1")).toContain(SECRET);
});

test("what is seen otherwise are attacks that there are", () => {
	const names = ATTACKS.map(({ name }) => name);
	for (const name of OTHERWISE.keys()) expect(names).toContain(name);
});

test.each(ATTACKS.map((it) => [it.name, it] as const))(
	"%s",
	async (name, { begin, reason }) => {
		const expected = OTHERWISE.get(name) ?? reason;
		const patience = expected === CONNECT_TIMEOUT ? 1000 : 30_000;
		expect(await attack(begin, patience)).toEqual({ reason: expected.message, learnt: [] });
	},
	40_000,
);
