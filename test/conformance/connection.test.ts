// What MQTT 3.1.1 says of connections and sessions, and no test of the client (test/client) proves.

import { createServer, type Server, type Socket } from "node:net";
import mqtt, { type Packet } from "mqtt-packet";
import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import * as wire from "../../src/wire/reason.js";
import { written } from "../support/judge.js";
import { CONNACK, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { connections, exchange, SUBACK, sent } from "./peer.js";

test("[MQTT-3.1.0-2] there is one CONNECT on each connection", () => {
	const setup = connected({ keepAlive: 10_000 });
	for (let i = 0; i < 5; i++) {
		setup.client.publish("t", "", 1);
		setup.clock.advance(9000);
		setup.peer.send(PINGRESP);
		setup.reconnect(i % 2 === 0);
	}
	setup.peer.send(CONNACK());
	expect(setup.news().pop()).toBe(`disconnected ${wire.SECOND_CONNACK}`);
	setup.redial().accept();
	const counts = connections(setup).map((packets) => packets.filter(({ cmd }) => cmd === "connect").length);
	expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("[MQTT-3.1.2-14] the will has QoS 0, 1 or 2", () => {
	const flags = (qos: unknown, retain: boolean) => {
		const setup = new Setup();
		setup.client.will = { topic: "w", payload: "", qos: qos as 0, retain };
		setup.peer.open();
		return setup.peer.take()[9];
	};
	for (const qos of [0, 1, 2])
		for (const retain of [false, true])
			expect(flags(qos, retain)).toBe(0x04 | (qos << 3) | (retain ? 0x20 : 0));
	for (const qos of [3, -1, 0.5, 4, "1"]) expect(() => flags(qos, false)).toThrow(RangeError);
});

test("[MQTT-3.1.2-22] a password without user name is refused", () => {
	for (const password of ["", "p", Uint8Array.of(1), () => "p"])
		expect(() => new Setup({ password })).toThrow(/password without username/);
});

describe("[MQTT-3.1.3-2] state belongs to the client identifier", () => {
	test("which is the same on every connection", () => {
		const setup = connected({ clientId: "one" });
		setup.client.publish("t", "", 1);
		setup.reconnect(true);
		setup.reconnect(false);
		const ids = connections(setup).map(([first]) => first.cmd === "connect" && first.clientId);
		expect(ids).toEqual(["one", "one", "one"]);
	});

	test("so that a client with another one begins with nothing", () => {
		const one = connected({ clientId: "one" });
		one.client.publish("t", "", 1);
		one.peer.send(PUBLISH("t", "", { qos: 2, id: 1 }));
		const other = new Setup({ clientId: "other" });
		other.peer.accept();
		other.peer.expect();
		other.news();
		other.peer.send(PUBLISH("t", "x", { qos: 2, id: 1 }));
		expect(other.news()).toEqual(["message t=x qos2"]);
	});
});

test("[MQTT-3.1.3-7] an empty client identifier needs a clean session", () => {
	expect(() => new Setup({ clientId: "" })).toThrow(/only with clean: true/);
	expect(() => new Setup({ clientId: "", clean: false })).toThrow(/only with clean: true/);
});

/** Open exchanges of every kind: ours at QoS 1 and 2, one of them released, and the broker's at QoS 2. */
function open(clean: boolean): Setup {
	const setup = connected({ clean });
	setup.client.subscribe("s", 2);
	setup.peer.send(SUBACK(1, 2));
	for (const [text, qos] of [
		["a", 1],
		["b", 2],
		["c", 2],
		["d", 1],
	] as const)
		setup.client.publish("t", text, qos);
	setup.peer.send(PUBREC(3), PUBLISH("s", "in", { qos: 2, id: 9 }));
	setup.peer.take();
	setup.news();
	return setup;
}

describe("[MQTT-3.1.2-6] with CleanSession 1, every connection begins with an empty session", () => {
	test("of which nothing is left from the one before", () => {
		const setup = open(true);
		setup.peer.fail();
		setup.news();
		const connect = setup.redial().accept(false);
		expect(connect[9] & 0x02).toBe(0x02);
		expect(sent(setup)).toMatchObject([
			{ cmd: "subscribe", subscriptions: [{ topic: "s", qos: 2 }] },
			{ cmd: "publish", qos: 1, dup: false, payload: Buffer.from("a") },
			{ cmd: "publish", qos: 2, dup: false, payload: Buffer.from("c") },
			{ cmd: "publish", qos: 1, dup: false, payload: Buffer.from("d") },
		]);
		expect(setup.news()).toEqual([`dropped 3 ${reasons.SESSION_LOST}`, "connected false"]);
		// The identifier that was received names a new message.
		setup.peer.send(PUBLISH("s", "new", { qos: 2, id: 9 }));
		expect(setup.news()).toEqual(["message s=new qos2"]);
	});

	test("so that a broker with a session for it is wrong", () => {
		const setup = open(true);
		setup.peer.fail();
		setup.news();
		setup.redial().accept(true);
		expect(setup.news()).toEqual([`disconnected ${wire.CONNACK_CLEAN}`]);
		expect(setup.peer.socket.closed).toBe(true);
	});
});

test("[MQTT-4.1.0-2] the session lasts as long as the connection", () => {
	for (const clean of [false, true]) {
		const setup = connected({ clean, keepAlive: 60_000 });
		setup.client.subscribe("s", 2);
		setup.peer.send(SUBACK(1, 2), PUBLISH("s", "in", { qos: 2, id: 9 }));
		setup.news();
		// Ten hours.
		for (let i = 0; i < 7200; i++) {
			setup.clock.advance(5000);
			if (exchange(setup).includes("pingreq")) setup.peer.send(PINGRESP);
		}
		setup.peer.send(PUBLISH("s", "in", { qos: 2, id: 9, dup: true }));
		setup.peer.expect(PUBREC(9));
		expect(setup.news()).toEqual([]);
	}
});

describe.each([
	["[MQTT-4.6.0-2] PUBACKs", "puback"],
	["[MQTT-4.6.0-3] PUBRECs", "pubrec"],
])("%s go out in the order of their PUBLISHes", (_title, cmd) => {
	/** QoS 1 and 2 in turns, identifiers in no order. */
	const ids = [7, 1, 9, 300, 65_535, 4, 2, 5];
	const messages = ids.map((id, i) => PUBLISH("t", "x", { qos: 1 + (i % 2), id }));
	const wanted = ids.filter((_id, i) => i % 2 === (cmd === "puback" ? 0 : 1));
	const acknowledged = (setup: Setup) =>
		sent(setup)
			.filter((packet) => packet.cmd === cmd)
			.map(({ messageId }) => messageId);

	test("when they come together", () => {
		const setup = connected();
		setup.peer.send(...messages);
		expect(acknowledged(setup)).toEqual(wanted);
	});

	test("when the socket has no room for them at first", () => {
		const setup = connected({ acknowledgements: 3 }, { room: 14 });
		setup.peer.take();
		setup.client.publish("t", "fills it");
		setup.peer.send(...messages);
		expect(acknowledged(setup)).toEqual(wanted);
	});

	test("when the app pauses and resumes", () => {
		const setup: Setup = connected({ onMessage: () => setup.client.pause() });
		setup.peer.send(...messages);
		for (let i = 0; i < ids.length; i++) setup.client.resume();
		expect(acknowledged(setup)).toEqual(wanted);
	});
});

test("[MQTT-3.14.4-2] nothing follows DISCONNECT", () => {
	const setup: Setup = connected({
		keepAlive: 1000,
		onDisconnected() {
			setup.client.publish("t", "late", 1);
			setup.client.subscribe("late", 1);
		},
	});
	const { client, peer, clock } = setup;
	client.publish("t", "", 1);
	client.publish("t", "", 2);
	client.close();
	peer.send(PUBLISH("t", "", { qos: 2, id: 9 }), PUBACK(1), PUBREC(2), PUBCOMP(2));
	expect(exchange(setup)).toEqual(["publish 1 qos1", "publish 2 qos2", "pubrec 9", "pubrel 2", "disconnect"]);
	client.publish("t", "later still");
	peer.send(PUBREL(9), PUBLISH("t", "", { qos: 1, id: 3 }));
	clock.advance(600_000);
	peer.expect();
	expect(setup.place.peers.length).toBe(1);
});

test("[MQTT-7.0.0-2] nothing is needed of a broker that answers only what it must, each at its time, and grants less than was asked", () => {
	const setup = connected({ keepAlive: 10_000 });
	const { client, peer, clock } = setup;
	client.subscribe("a", 2, (message) => setup.log.push(`a ${message.qos}`));
	expect(exchange(setup)).toEqual(["subscribe 1"]);
	peer.send(SUBACK(1, 0), PUBLISH("a", "x"));
	expect(client.publish("t", "", 2)).toBe(2);
	expect(exchange(setup)).toEqual(["publish 2 qos2"]);
	peer.send(PUBREC(2));
	expect(exchange(setup)).toEqual(["pubrel 2"]);
	peer.send(PUBCOMP(2));
	clock.advance(10_000);
	expect(exchange(setup)).toEqual(["pingreq"]);
	peer.send(PINGRESP);
	client.close();
	expect(exchange(setup)).toEqual(["disconnect"]);
	expect(setup.news()).toEqual([
		"subscribed a 0",
		"a 0",
		"delivered 2",
		`disconnected ${reasons.CLOSED_BY_APP}`,
	]);
});

describe("TCP", () => {
	let server: Server;
	let client: Client;
	const sockets: Socket[] = [];

	afterEach(async () => {
		client.close();
		for (const socket of sockets) socket.destroy();
		await new Promise((closed) => server.close(closed));
	});

	/** Three bytes at a time at first, then all. */
	function send(socket: Socket, packet: Packet): void {
		const bytes = written(packet);
		let at = 0;
		for (; at < Math.min(bytes.length, 60); at += 3) socket.write(bytes.slice(at, at + 3));
		socket.write(bytes.slice(at));
	}

	/** A broker that sends each message back. */
	function echo(socket: Socket, heard: Buffer[]): void {
		const parser = mqtt.parser({ protocolVersion: 4 });
		parser.on("packet", (packet) => {
			if (packet.cmd === "connect") send(socket, { cmd: "connack", returnCode: 0, sessionPresent: false });
			if (packet.cmd !== "publish") return;
			const { messageId, payload } = packet;
			heard.push(payload as Buffer);
			send(socket, { cmd: "puback", messageId });
			send(socket, { cmd: "publish", topic: "echo", payload, qos: 1, messageId, dup: false, retain: false });
		});
		parser.on("error", () => socket.destroy());
		socket.on("data", (bytes) => parser.parse(bytes));
		socket.on("error", () => {});
	}

	test("[MQTT-7.1.2-1] TCP carries all bytes both ways in order, however they are cut", async () => {
		const payloads = [0, 1, 100, 3000, 7, 20_000, 2].map((size) =>
			Buffer.from(Array.from({ length: size }, (_byte, i) => (i * 31 + size) & 255)),
		);
		const atBroker: Buffer[] = [];
		const atClient: Buffer[] = [];
		server = createServer({ noDelay: true }, (socket) => {
			sockets.push(socket);
			echo(socket, atBroker);
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));

		const waiting = [...payloads];
		await new Promise<void>((done) => {
			let parts: Uint8Array[] = [];
			const publish = () => {
				while (waiting.length > 0 && client.publish("t", waiting[0], 1) > 0) waiting.shift();
			};
			client = new Client({
				...network,
				protocolVersion: 4,
				host: "127.0.0.1",
				port: (server.address() as { port: number }).port,
				packetSize: 21_000,
				storeSize: 42_000,
				onConnected: publish,
				onWritable: publish,
				onMessage(message) {
					parts.push(message.copy());
					if (message.offset + message.length < message.total) return;
					atClient.push(Buffer.concat(parts));
					parts = [];
					if (atClient.length === payloads.length) client.close();
				},
				onDisconnected: () => done(),
			});
		});
		for (const heard of [atBroker, atClient])
			expect(heard.map((bytes, i) => bytes.equals(payloads[i]))).toEqual(payloads.map(() => true));
	});
});
