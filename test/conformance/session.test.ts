// Sections 3.1.2.4, 4.1, 4.4 and 4.6 of MQTT 3.1.1: what outlives a connection, what does not, and the order.

import * as reasons from "../../src/reasons.js";
import * as wire from "../../src/wire/reason.js";
import { PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { connected, type Setup } from "../support/setup.js";
import { exchange, SUBACK, sent } from "./peer.js";

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

test("[MQTT-3.1.2-4] with CleanSession 0, the next connection goes on with the session", () => {
	const setup = open(false);
	setup.peer.fail();
	setup.client.publish("t", "e", 2);
	const connect = setup.redial().accept(true);
	expect(connect[9] & 0x02).toBe(0);
	expect(exchange(setup)).toEqual([
		"pubrel 3",
		"publish 2 qos1 dup",
		"publish 4 qos2 dup",
		"publish 5 qos1 dup",
	]);
	setup.news();
	setup.peer.send(PUBLISH("s", "in", { qos: 2, id: 9, dup: true }), PUBREL(9), PUBCOMP(3));
	expect(exchange(setup)).toEqual(["pubrec 9", "pubcomp 9", "publish 6 qos2"]);
	expect(setup.news()).toEqual(["delivered 3"]);
});

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

test("[MQTT-4.1.0-1] the session lasts over any number of connections and any time between", () => {
	const setup = open(false);
	for (let i = 0; i < 10; i++) {
		setup.peer.fail();
		setup.redial().fail();
		setup.clock.advance(3_600_000);
		setup.redial().accept(true);
		expect(exchange(setup)).toEqual([
			"pubrel 3",
			"publish 2 qos1 dup",
			"publish 4 qos2 dup",
			"publish 5 qos1 dup",
		]);
	}
	setup.news();
	setup.peer.send(PUBLISH("s", "in", { qos: 2, id: 9, dup: true }));
	expect(exchange(setup)).toEqual(["pubrec 9"]);
	expect(setup.news()).toEqual([]);
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

describe("[MQTT-4.4.0-1] on reconnect with the session, what is open goes again under its identifiers", () => {
	test("PUBLISH and PUBREL, byte for byte, and nothing that is closed", () => {
		const setup = open(false);
		setup.peer.send(PUBACK(5));
		setup
			.reconnect(true)
			.expect(
				PUBREL(3),
				PUBLISH("t", "a", { qos: 1, id: 2, dup: true }),
				PUBLISH("t", "c", { qos: 2, id: 4, dup: true }),
			);
		setup.peer.send(PUBACK(2), PUBREC(4), PUBCOMP(3), PUBCOMP(4));
		setup.peer.expect(PUBREL(4));
		setup.reconnect(true).expect();
	});

	test("also when the connection breaks while it goes", () => {
		const setup = open(false);
		setup.place.quirks = { room: 20 };
		setup.reconnect(true);
		setup.place.quirks = {};
		setup.reconnect(true);
		expect(exchange(setup)).toEqual([
			"pubrel 3",
			"publish 2 qos1 dup",
			"publish 4 qos2 dup",
			"publish 5 qos1 dup",
		]);
	});

	test("to a broker that has none, PUBREL is forgotten and told, and PUBLISH goes as a new one", () => {
		const setup = open(false);
		setup.peer.fail();
		setup.news();
		setup.redial().accept(false);
		expect(setup.news()).toEqual([`dropped 3 ${reasons.SESSION_LOST}`, "connected false"]);
		const messages = sent(setup).filter(({ cmd }) => cmd === "publish" || cmd === "pubrel");
		expect(messages).toMatchObject([
			{ qos: 1, dup: false, payload: Buffer.from("a") },
			{ qos: 2, dup: false, payload: Buffer.from("c") },
			{ qos: 1, dup: false, payload: Buffer.from("d") },
		]);
	});
});

test("[MQTT-4.6.0-1] PUBLISH goes again in the order in which it went first", () => {
	const setup = connected({ window: 8 });
	const ids = [1, 2, 2, 1, 2, 1].map((qos) => setup.client.publish("t", "", qos as 1 | 2));
	expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
	setup.peer.send(PUBACK(4), PUBREC(2), PUBCOMP(2));
	// The buffers of 2 and 4 are used again, by what is younger.
	setup.client.publish("t", "", 2);
	setup.client.publish("t", "", 1);
	for (let i = 0; i < 3; i++) {
		setup.reconnect(true);
		const again = sent(setup).map(({ messageId }) => messageId);
		expect(again).toEqual([1, 3, 5, 6, 7, 8]);
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

describe("[MQTT-4.6.0-4] PUBRELs go out in the order of their PUBRECs", () => {
	const published = (options = {}, quirks = {}) => {
		const setup = connected({ window: 4, ...options }, quirks);
		for (let i = 0; i < 4; i++) setup.client.publish("t", "x", 2);
		setup.peer.take();
		return setup;
	};
	const released = ["pubrel 3", "pubrel 1", "pubrel 4", "pubrel 2"];
	const received = [PUBREC(3), PUBREC(1), PUBREC(4), PUBREC(2)];

	test("on one connection", () => {
		const setup = published();
		setup.peer.send(...received);
		expect(exchange(setup)).toEqual(released);
	});

	test("when the socket has no room for them at first", () => {
		const setup = published({}, { room: 14 });
		setup.client.publish("t", "fills it");
		setup.peer.send(...received);
		expect(exchange(setup)).toEqual(["publish", ...released]);
	});

	test("and once more after a reconnect", () => {
		const setup = published();
		setup.peer.send(...received);
		for (let i = 0; i < 2; i++) {
			setup.reconnect(true);
			expect(exchange(setup)).toEqual(released);
		}
	});
});
