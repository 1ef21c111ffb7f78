// Section 3.14, and chapters 4.8 and 7 of MQTT 3.1.1: the end of a connection, errors, and what any broker may expect.

import { createServer, type Server, type Socket } from "node:net";
import mqtt, { type Packet } from "mqtt-packet";
import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import * as wire from "../../src/wire/reason.js";
import { written } from "../support/judge.js";
import {
	CONNACK,
	DISCONNECT,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	SUBACK,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { exchange } from "./peer.js";

describe("[MQTT-3.14.4-1] the client closes the connection after DISCONNECT", () => {
	test("at once", () => {
		const setup = connected();
		setup.client.close();
		setup.peer.expect(DISCONNECT);
		expect(setup.peer.socket.closed).toBe(true);
	});

	test("when DISCONNECT had to wait for room", () => {
		const setup = connected({}, { room: 13 });
		setup.client.publish("t", "fills it");
		setup.client.close();
		expect(setup.peer.socket.closed).toBe(false);
		setup.peer.expect(PUBLISH("t", "fills it"), DISCONNECT);
		expect(setup.peer.socket.closed).toBe(true);
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

describe("[MQTT-4.8.0-1] a protocol violation closes the connection it came on", () => {
	test.each([
		["a packet type that only clients send", packet(0xc0), wire.PACKET_TYPE],
		["a reserved packet type", packet(0xf0), wire.PACKET_TYPE],
		["a second CONNACK", CONNACK(), wire.SECOND_CONNACK],
		["packet identifier 0", PUBLISH("t", "", { qos: 2, id: 0 }), wire.IDENTIFIER_ZERO],
		["a body where none belongs", packet(0xd0, [0]), wire.LENGTH],
		["no end of the remaining length", Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1), wire.LENGTH_ENCODING],
		["DUP at QoS 0", packet(0x38, [0, 1, 0x74]), wire.DUP_QOS_0],
	])("%s", (_what, bytes, reason) => {
		const setup = connected();
		setup.client.publish("t", "held", 1);
		setup.peer.take();
		setup.peer.send(bytes, PUBLISH("t", "after", { qos: 1, id: 1 }));
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
		expect(setup.peer.socket.closed).toBe(true);
		setup.peer.expect();
		setup.reconnect(true).expect(PUBLISH("t", "held", { qos: 1, id: 1, dup: true }));
	});

	test("another packet than CONNACK as the first", () => {
		for (const bytes of [PUBLISH("t", "x"), PINGRESP, SUBACK(1, 0), PUBREL(1)]) {
			const setup = new Setup();
			setup.peer.open();
			setup.peer.send(bytes);
			expect(setup.news()).toEqual([`disconnected ${wire.NOT_YET_CONNECTED}`]);
		}
	});
});

test("[MQTT-4.8.0-2] no room for another message at QoS 2 closes the connection, and nothing is lost or told twice", () => {
	const setup = connected({ unreleased: 2 });
	const messages = [1, 2, 3].map((id) => PUBLISH("t", `${id}`, { qos: 2, id }));
	setup.peer.send(...messages);
	expect(setup.news()).toEqual(["message t=1 qos2", "message t=2 qos2"]);
	setup.peer.expect(PUBREC(1), PUBREC(2));
	setup.peer.send(PUBREL(1), PUBREL(2));
	expect(setup.news()).toEqual([`disconnected ${reasons.UNRELEASED_FULL}`]);
	expect(setup.peer.socket.closed).toBe(true);
	setup.reconnect(true);
	setup.news();
	setup.peer.send(messages[2]);
	setup.peer.expect(PUBREC(3));
	expect(setup.news()).toEqual(["message t=3 qos2"]);
});

describe("[MQTT-7.0.0-2] nothing outside the standard is needed of a broker", () => {
	test("which gets MQTT 3.1.1 without marks of a bridge, and topic names of the app alone", () => {
		const setup = new Setup();
		setup.peer.open();
		const connect = setup.peer.take();
		// "MQTT", level 4, the reserved flag 0.
		expect([...connect.slice(2, 10)]).toEqual([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0]);
		setup.peer.send(CONNACK());
		setup.peer.expect();
	});

	test("which answers only what it must, each at its time, and grants less than was asked", () => {
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
