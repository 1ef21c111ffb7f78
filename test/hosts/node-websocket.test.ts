// WebSocket of the Node host against Mosquitto: over TCP and over TLS. What RFC 6455 asks for is proved in test/transport.

import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import * as tlsReasons from "../../src/transport/tls/reasons.js";
import type { Reason } from "../../src/wire/reason.js";
import { Authority } from "../support/authority.js";
import { endLater, freePort, judge, startMosquitto, unique } from "../support/brokers.js";

/** The port of a listener for WebSocket beside the usual one: Mosquitto 2.0.11 serves none alone. */
async function start(settings: string[] = []): Promise<{ plain: number; port: number }> {
	const port = await freePort();
	const broker = await startMosquitto({
		settings: [
			"per_listener_settings false",
			`listener ${port} 127.0.0.1`,
			"protocol websockets",
			...settings,
		],
	});
	return { plain: broker.port, port };
}

/** What a message published over WebSocket comes back as, or why not. */
function roundTrip(options: Partial<ClientOptions>, payload: string): Promise<string | Reason> {
	return new Promise((resolve) => {
		const client = new Client({
			...network,
			protocolVersion: 4,
			host: "localhost",
			clientId: unique("node-websocket"),
			packetSize: 100_000,
			storeSize: 100_000,
			receiveSize: 100_000,
			webSocket: {},
			onSubscribed: () => client.publish("round/trip", payload, 1),
			onDisconnected: resolve,
			...options,
		});
		endLater(() => client.close());
		client.subscribe("round/trip", 1, (message) => resolve(message.text()));
	});
}

test("over TCP, seen by another client", async () => {
	const { plain, port } = await start();
	const witness = await (await judge(plain)).subscribe("round/trip");
	const large = "x".repeat(70_000);
	expect(await roundTrip({ port }, large)).toBe(large);
	expect((await witness.find((seen) => seen.topic === "round/trip")).payload).toBe(large);
});

test("over TLS, with the checks of TLS", async () => {
	const ca = new Authority();
	endLater(() => ca.remove());
	const { file, keyFile } = ca.issue();
	const { port } = await start([`certfile ${file}`, `keyfile ${keyFile}`]);
	expect(await roundTrip({ port, tls: { ca: ca.own.pem } }, "hello")).toBe("hello");
	expect(await roundTrip({ port, tls: { pin: ca.own.pin } }, "hello")).toBe(tlsReasons.WRONG_PIN);
});
