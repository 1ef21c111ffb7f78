// What MQTT 5.0 says of connections and sessions, where no test of the client (test/client) proves it.

import { createServer, type Server, type Socket } from "node:net";
import mqtt, { type Packet } from "mqtt-packet";
import { network } from "../../../hosts/node/network.js";
import { Client, State } from "../../../src/client.js";
import * as reasons from "../../../src/connection/reasons.js";
import { QOS_UNAVAILABLE, RETAIN_UNAVAILABLE, TOO_LARGE } from "../../../src/connection/v5/writer.js";
import { written } from "../../support/judge.js";
import { concat, field, hex, packet, word } from "../../support/packets.js";
import { CONNACK5, PUBLISH5, two } from "../../support/packets5.js";
import { connected5, Setup5 } from "../../support/setup5.js";

/** CONNECT of a client with these options. */
function connectOf(...[options]: ConstructorParameters<typeof Setup5>): Uint8Array {
	const setup = new Setup5(options);
	setup.peer.open();
	return setup.peer.take();
}

const flagsOf = (connect: Uint8Array) => connect[9];

test("[5.0 MQTT-3.1.0-1] [5.0 MQTT-3.1.2-1] the first packet is CONNECT, of the protocol MQTT in version 5", () => {
	const setup = new Setup5();
	setup.client.publish("t", "early", 1);
	setup.client.subscribe("s", 1);
	setup.peer.open();
	const connect = setup.peer.take();
	expect(hex(connect.slice(0, 1))).toBe("10");
	expect(connect.slice(2, 9)).toEqual(Uint8Array.of(0, 4, 0x4d, 0x51, 0x54, 0x54, 5));
	expect(connect.length).toBe(2 + connect[1]);
});

test("[5.0 MQTT-3.1.0-2] there is one CONNECT on each connection; a second CONNACK is a protocol error", () => {
	const setup = connected5({ keepAlive: 10_000 });
	for (let i = 0; i < 5; i++) {
		setup.client.publish("t", "", 1);
		setup.clock.advance(9000);
		setup.send({ cmd: "pingresp" });
		setup.reconnect(i % 2 === 0);
	}
	setup.peer.take();
	setup.news();
	setup.peer.send(CONNACK5());
	expect(setup.exchange()).toEqual(["disconnect 0x82"]);
	setup.redial();
	setup.accept();
	const counts = setup.connections.map((packets) => packets.filter(({ cmd }) => cmd === "connect").length);
	expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

describe("the fields of CONNECT", () => {
	test("[5.0 MQTT-3.1.2-9] [5.0 MQTT-3.1.3-1] [5.0 MQTT-3.1.3-3] come in the order client identifier, will properties, will topic, will payload, user name, password", () => {
		const setup = new Setup5({ clientId: "id", username: "user", password: "pass" });
		setup.client.will = { topic: "w", payload: "gone", qos: 1, retain: true, delay: 5 };
		setup.peer.open();
		const connect = hex(setup.peer.take());
		const delay = [0x18, 0, 0, 0, 5];
		const payload = [
			field("id"),
			[delay.length],
			delay,
			field("w"),
			field("gone"),
			field("user"),
			field("pass"),
		];
		expect(connect.endsWith(hex(concat(payload)))).toBe(true);
		expect(flagsOf(setup.peer.writes[0])).toBe(0x80 | 0x40 | 0x20 | 0x08 | 0x04);
	});

	test("[5.0 MQTT-3.1.3-3] an empty client identifier is there too", () => {
		expect(hex(connectOf({ clientId: "", clean: true })).endsWith("0000")).toBe(true);
	});

	test("[5.0 MQTT-3.1.2-11] [5.0 MQTT-3.1.2-13] [5.0 MQTT-3.1.2-16] [5.0 MQTT-3.1.2-18] without will, user name and password their bits are 0, and they are not there", () => {
		const connect = connectOf();
		expect(flagsOf(connect)).toBe(0);
		const length = connect[12];
		// Behind the properties there is the client identifier alone.
		expect(connect.slice(13 + length)).toEqual(field("c"));
	});

	test("[5.0 MQTT-3.1.2-12] the will has QoS 0, 1 or 2", () => {
		const flags = (qos: unknown, retain: boolean) => {
			const setup = new Setup5();
			setup.client.will = { topic: "w", payload: "", qos: qos as 0, retain };
			setup.peer.open();
			return flagsOf(setup.peer.take());
		};
		for (const qos of [0, 1, 2])
			for (const retain of [false, true])
				expect(flags(qos, retain)).toBe(0x04 | (qos << 3) | (retain ? 0x20 : 0));
		for (const qos of [3, -1, 0.5, 4, "1"]) expect(() => flags(qos, false)).toThrow(RangeError);
	});

	test("[5.0 MQTT-3.1.2-17] [5.0 MQTT-3.1.2-19] user name and password each have a bit, and are there", () => {
		const ends = (options: object, flags: number, ...fields: Uint8Array[]) => {
			const connect = connectOf(options);
			expect(flagsOf(connect)).toBe(flags);
			expect(hex(connect).endsWith(hex(concat([field("c"), ...fields])))).toBe(true);
		};
		ends({ username: "u" }, 0x80, field("u"));
		ends({ username: "" }, 0x80, field(""));
		ends({ username: "u", password: "p" }, 0xc0, field("u"), field("p"));
		ends({ username: "u", password: "" }, 0xc0, field("u"), field(""));
		// 3.1.1 forbids it, 5.0 does not (section 3.1.2.9).
		ends({ password: Uint8Array.of(0, 255) }, 0x40, field([0, 255]));
	});
});

describe("keep alive", () => {
	/** Milliseconds after CONNACK at which PINGREQ comes, with this option and this Server Keep Alive. */
	function pingAfter(keepAlive: number, serverKeepAlive?: number): number | undefined {
		const setup = connected5({ keepAlive }, { serverKeepAlive });
		for (let time = 0; time <= 130_000; time += 500) {
			if (setup.exchange().includes("pingreq")) return time;
			setup.clock.advance(500);
		}
		return undefined;
	}
	const within = (most: number) => ({
		asymmetricMatch: (time: unknown) => typeof time === "number" && time > most / 2 && time <= most,
	});

	test("[5.0 MQTT-3.1.2-20] PINGREQ comes in time when nothing else does", () => {
		expect(pingAfter(10_000)).toEqual(within(10_000));
		expect(pingAfter(60_000)).toEqual(within(60_000));
		expect(pingAfter(0)).toBeUndefined();
	});

	test("[5.0 MQTT-3.1.2-21] [5.0 MQTT-3.2.2-21] the server's counts in place of ours: shorter, longer, none, also where ours is none", () => {
		expect(pingAfter(60_000, 20)).toEqual(within(20_000));
		expect(pingAfter(10_000, 40)).toEqual(within(40_000));
		expect(pingAfter(10_000, 0)).toBeUndefined();
		expect(pingAfter(0, 15)).toEqual(within(15_000));
	});

	test("[5.0 MQTT-3.2.2-21] for that connection only", () => {
		const setup = connected5({ keepAlive: 60_000 }, { serverKeepAlive: 10 });
		setup.resume(true, {});
		setup.clock.advance(30_000);
		expect(setup.exchange()).toEqual([]);
		setup.clock.advance(30_000);
		expect(setup.exchange()).toEqual(["pingreq"]);
	});
});

/** Open exchanges of every kind: ours at QoS 1 and 2, one of them released, and the broker's at QoS 2. */
function open(clean: boolean): Setup5 {
	const setup = connected5({ clean, topicAliases: 0 });
	setup.client.subscribe("s", 2);
	setup.send({ cmd: "suback", messageId: 1, granted: [2] });
	for (const [text, qos] of [
		["a", 1],
		["b", 2],
		["c", 2],
		["d", 1],
	] as const)
		setup.client.publish("t", text, qos);
	setup.acknowledge("pubrec", 3);
	setup.publish("s", "in", {}, { qos: 2, id: 9 });
	setup.peer.take();
	setup.news();
	return setup;
}

const ANEW = [
	{ cmd: "subscribe", subscriptions: [{ topic: "s", qos: 2 }] },
	{ cmd: "publish", qos: 1, dup: false, payload: Buffer.from("a") },
	{ cmd: "publish", qos: 2, dup: false, payload: Buffer.from("c") },
	{ cmd: "publish", qos: 1, dup: false, payload: Buffer.from("d") },
];

test("[5.0 MQTT-3.1.2-4] with Clean Start 1 every connection begins with an empty session", () => {
	const setup = open(true);
	const connect = setup.resume(false);
	expect(connect).toMatchObject({ clean: true });
	// Session expiry 0: it ends with the connection.
	expect(connect.properties?.sessionExpiryInterval ?? 0).toBe(0);
	expect(setup.sent()).toMatchObject(ANEW);
	expect(setup.news().slice(-2)).toEqual([`dropped 3 ${reasons.SESSION_LOST}`, "connected false"]);
	// The identifier that was received names a new message.
	setup.publish("s", "new", {}, { qos: 2, id: 9 });
	expect(setup.news()).toEqual(["message s=new qos2"]);
});

test("[5.0 MQTT-3.2.2-5] where the broker has no session, ours is dropped before anything goes on", () => {
	const setup = open(false);
	setup.resume(false);
	expect(setup.sent()).toMatchObject(ANEW);
	expect(setup.news().slice(-2)).toEqual([`dropped 3 ${reasons.SESSION_LOST}`, "connected false"]);
	setup.publish("s", "new", {}, { qos: 2, id: 9 });
	expect(setup.news()).toEqual(["message s=new qos2"]);
});

describe("[5.0 MQTT-3.2.2-4] a broker that has a session for a client that has none", () => {
	test("is closed, after Clean Start 1, with 0x82", () => {
		const setup = new Setup5({ clean: true });
		setup.accept(true);
		expect(setup.exchange()).toEqual(["disconnect 0x82"]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
	});

	test("after Clean Start 0 at power-up, has one of an earlier life: it is kept, with what it delivers", () => {
		const setup = new Setup5();
		setup.accept(true);
		expect(setup.client.state).toBe(State.CONNECTED);
		expect(setup.news()).toEqual(["connected true"]);
		setup.publish("t", "stored", {}, { qos: 1, id: 1 });
		expect(setup.news()).toEqual(["message t=stored qos1"]);
		expect(setup.exchange()).toEqual(["puback 1"]);
	});
});

test("[5.0 MQTT-3.1.2-23] with a session expiry above 0 the session is kept after the connection", () => {
	for (const options of [{}, { sessionExpiry: 3600 }]) {
		const setup = connected5({ ...options, topicAliases: 0 });
		expect(setup.connections[0]).toMatchObject([
			{
				cmd: "connect",
				clean: false,
				properties: { sessionExpiryInterval: options.sessionExpiry ?? 0xffffffff },
			},
		]);
		setup.client.publish("t", "a", 1);
		setup.client.publish("t", "b", 2);
		setup.acknowledge("pubrec", 2);
		setup.publish("s", "in", {}, { qos: 2, id: 9 });
		setup.news();
		setup.peer.take();
		setup.resume(true);
		expect(setup.exchange()).toEqual(["pubrel 2", "publish 1 qos1 dup"]);
		setup.publish("s", "in", {}, { qos: 2, id: 9, dup: true });
		expect(setup.exchange()).toEqual(["pubrec 9"]);
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected/), "connected true"]);
	}
});

test("[5.0 MQTT-4.1.0-1] the session lasts as long as the connection", () => {
	for (const clean of [false, true]) {
		const setup = connected5({ clean, keepAlive: 60_000 });
		setup.publish("s", "in", {}, { qos: 2, id: 9 });
		setup.news();
		setup.peer.take();
		// Ten hours.
		for (let i = 0; i < 7200; i++) {
			setup.clock.advance(5000);
			if (setup.exchange().includes("pingreq")) setup.send({ cmd: "pingresp" });
		}
		setup.publish("s", "in", {}, { qos: 2, id: 9, dup: true });
		expect(setup.exchange()).toEqual(["pubrec 9"]);
		expect(setup.news()).toEqual([]);
	}
});

describe("[5.0 MQTT-3.1.3-2] state belongs to the client identifier", () => {
	test("which is the same on every connection, also an assigned one", () => {
		const ids = (setup: Setup5) =>
			setup.connections.map(([first]) => first.cmd === "connect" && first.clientId);
		const one = connected5({ clientId: "one" });
		one.reconnect(true);
		one.reconnect(false);
		expect(ids(one)).toEqual(["one", "one", "one"]);
		const assigned = connected5({ clientId: "" }, { assignedClientIdentifier: "given" });
		assigned.resume(true, {});
		expect(ids(assigned)).toEqual(["", "given"]);
	});

	test("so that a client with another one begins with nothing", () => {
		connected5({ clientId: "one" }).client.publish("t", "", 1);
		const other = connected5({ clientId: "other" });
		expect(other.sent()).toEqual([]);
	});
});

/** Long enough for an alias to be shorter. */
const TOPICS = ["topic/a", "topic/b", "topic/c"];

describe("what the broker grants", () => {
	test("[5.0 MQTT-3.2.2-11] nothing goes above its Maximum QoS", () => {
		const setup = new Setup5({ topicAliases: 0 });
		for (const qos of [0, 1, 2] as const) setup.client.publish("t", `${qos}`, qos);
		setup.accept(false, { maximumQoS: 1 });
		expect(setup.sent()).toMatchObject([
			{ cmd: "publish", qos: 0 },
			{ cmd: "publish", qos: 1 },
		]);
		expect(setup.news()).toContainEqual(expect.stringMatching(/^dropped 2 .*QoS/));
		expect(setup.client.publish("t", "", 2)).toBe(QOS_UNAVAILABLE);
		setup.resume(true, { maximumQoS: 0 });
		setup.peer.take();
		expect(setup.client.publish("t", "", 1)).toBe(QOS_UNAVAILABLE);
		expect(setup.client.publish("t", "", 0)).toBe(0);
		expect(setup.exchange()).toEqual(["publish"]);
	});

	test("[5.0 MQTT-3.2.2-14] nothing is retained where it says that it does not", () => {
		const setup = new Setup5({ topicAliases: 0 });
		setup.client.publish("t", "early", 1, true);
		setup.client.publish("t", "later", 1);
		setup.accept(false, { retainAvailable: false });
		expect(setup.sent()).toMatchObject([{ cmd: "publish", retain: false, payload: Buffer.from("later") }]);
		expect(setup.news()).toContainEqual(expect.stringMatching(/^dropped 1 .*[Rr]etain/));
		for (const qos of [0, 1, 2] as const)
			expect(setup.client.publish("t", "x", qos, true)).toBe(RETAIN_UNAVAILABLE);
		expect(setup.exchange()).toEqual([]);
	});

	test("[5.0 MQTT-3.2.2-15] no packet is larger than its Maximum Packet Size", () => {
		const maximumPacketSize = 40;
		const setup = new Setup5();
		for (const qos of [0, 1, 2] as const) setup.client.publish("t", "x".repeat(40), qos);
		setup.client.publish("t", "fits", 1);
		setup.accept(false, { maximumPacketSize, topicAliasMaximum: 3 });
		for (let size = 0; size < 60; size++) {
			const id = setup.client.publish("t", "x".repeat(size), 1);
			if (id === TOO_LARGE) continue;
			setup.peer.take();
			setup.acknowledge("puback", id);
		}
		expect(setup.client.publish("t", "x".repeat(35))).toBe(TOO_LARGE);
		setup.client.publishFrom("t", 100, (_offset, view) => view.fill(0x78).length);
		expect(setup.news().filter((line) => /^dropped \d+ .*larger/.test(line))).toHaveLength(3);
		// A byte of type, one of length.
		const [[, ...packets]] = setup.connections;
		const sizes = packets.map(({ length }) => 2 + length!);
		expect(Math.max(...sizes)).toBeLessThanOrEqual(maximumPacketSize);
		// And it is used to the full.
		expect(Math.max(...sizes)).toBe(maximumPacketSize);
	});

	/** Aliases, in the order in which they were sent; 0: none. */
	const aliases = (setup: Setup5) =>
		setup
			.sent()
			.filter((packet) => packet.cmd === "publish")
			.map(({ topic, properties }) => [topic, properties?.topicAlias ?? 0]);

	test("[5.0 MQTT-3.2.2-17] [5.0 MQTT-3.3.2-8] [5.0 MQTT-3.3.2-9] aliases are 1 to its maximum", () => {
		const setup = connected5({ topicAliases: 100 }, { topicAliasMaximum: 2 });
		for (let round = 0; round < 2; round++) for (const topic of TOPICS) setup.client.publish(topic, "");
		const [a, b, c] = TOPICS;
		expect(aliases(setup)).toEqual([
			[a, 1],
			[b, 2],
			[c, 0],
			["", 1],
			["", 2],
			[c, 0],
		]);
	});

	test("[5.0 MQTT-3.2.2-18] there is none where it has no maximum, or 0", () => {
		for (const topicAliasMaximum of [undefined, 0]) {
			const setup = connected5({}, { topicAliasMaximum });
			for (let i = 0; i < 3; i++) setup.client.publish(TOPICS[0], "");
			expect(aliases(setup)).toEqual([0, 1, 2].map(() => [TOPICS[0], 0]));
		}
	});

	test("[5.0 MQTT-3.3.2-7] aliases end with the connection", () => {
		const setup = connected5({}, { topicAliasMaximum: 2 });
		const [a, b] = TOPICS;
		for (const topic of [a, b, a]) setup.client.publish(topic, "", 1);
		setup.reconnect(true);
		for (const topic of [b, a, b]) setup.client.publish(topic, "");
		setup.resume(true, {});
		for (const topic of [a, b]) setup.client.publish(topic, "");
		setup.peer.take();
		const used = setup.connections.map((packets) => {
			const known = new Map<number, string>();
			const bare = packets.filter((packet) => {
				if (packet.cmd !== "publish") return false;
				const { topicAlias = 0 } = packet.properties ?? {};
				if (packet.topic !== "") known.set(topicAlias, packet.topic);
				else expect(known.has(topicAlias)).toBe(true);
				return packet.topic === "";
			});
			return bare.length > 0;
		});
		expect(used).toEqual([true, true, false]);
	});
});

describe("aliases of the broker", () => {
	const alias = (value: number) => [two(0x23, value)];

	test("[5.0 MQTT-3.3.2-10] each from 1 up to what CONNECT has is taken", () => {
		const setup = new Setup5({ aliases: 3 });
		expect(setup.accept().properties?.topicAliasMaximum).toBe(3);
		setup.news();
		for (let i = 1; i <= 3; i++) setup.peer.send(PUBLISH5(`topic ${i}`, "set", alias(i)));
		for (let i = 3; i >= 1; i--) setup.peer.send(PUBLISH5("", "used", alias(i)));
		setup.peer.send(PUBLISH5("another", "set", alias(2)), PUBLISH5("", "used", alias(2)));
		expect(setup.news()).toEqual([
			"message topic 1=set",
			"message topic 2=set",
			"message topic 3=set",
			"message topic 3=used",
			"message topic 2=used",
			"message topic 1=used",
			"message another=set",
			"message another=used",
		]);
	});

	test("[5.0 MQTT-3.3.2-10] another is answered with 0x94, and so is one that was not set on this connection", () => {
		const wrong = (...arriving: Uint8Array[]) => {
			const setup = connected5({ aliases: 3 });
			setup.peer.send(PUBLISH5("t", "set", alias(1)));
			setup.reconnect(true);
			setup.peer.send(...arriving);
			expect(setup.exchange()).toEqual(["disconnect 0x94"]);
		};
		wrong(PUBLISH5("t", "x", alias(0)));
		wrong(PUBLISH5("t", "x", alias(4)));
		wrong(PUBLISH5("", "x", alias(2)));
		wrong(PUBLISH5("", "x", alias(1)));
	});

	test("[5.0 MQTT-3.3.2-10] where CONNECT has none, none is taken", () => {
		const setup = new Setup5();
		expect(setup.accept().properties?.topicAliasMaximum).toBeUndefined();
		setup.peer.send(PUBLISH5("t", "x", alias(1)));
		expect(setup.exchange()).toEqual(["disconnect 0x94"]);
	});
});

describe("DISCONNECT", () => {
	/** Codes that a client may send (section 3.14.2.1). */
	const OURS = [0, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

	/** All DISCONNECTs that were sent, whole. */
	function disconnects(): { code: number; bytes: Uint8Array }[] {
		const sent: { code: number; bytes: Uint8Array }[] = [];
		const note = (setup: Setup5) => {
			const bytes = setup.peer.writes.at(-1)!;
			expect(bytes[0]).toBe(0xe0);
			sent.push({ code: bytes[2] ?? 0, bytes });
		};
		const close = (ending?: Parameters<Client["close"]>[0], granted = {}) => {
			const setup = connected5({}, granted);
			setup.client.close(ending);
			note(setup);
		};
		close();
		close({ withWill: true });
		close({ sessionExpiry: 10 });
		close({ withWill: true, sessionExpiry: 0 }, { maximumPacketSize: 30 });
		for (const wrong of [
			CONNACK5(),
			packet(0x36, field("t"), [0, 1], [0]),
			PUBLISH5("t", "", [two(0x23, 1)]),
			PUBLISH5("+", ""),
			PUBLISH5("t", "", [two(0x13, 1)]),
			packet(0x40, word(0)),
			packet(0x40, word(1), [0xff]),
			packet(0x90, word(1), [0]),
			packet(0x10, field("MQTT"), [5, 0], word(1), [0], field("c")),
			Uint8Array.of(0xd0, 1, 0),
			Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff),
		])
			for (const granted of [{}, { maximumPacketSize: 20 }]) {
				const setup = connected5({ problemInformation: true }, granted);
				setup.peer.send(wrong);
				note(setup);
			}
		return sent;
	}

	test("[5.0 MQTT-3.14.2-1] has a code that a client may send", () => {
		const codes = new Set(disconnects().map(({ code }) => code));
		for (const code of codes) expect(OURS).toContain(code);
		for (const code of [0, 4, 0x81, 0x82, 0x94]) expect(codes).toContain(code);
	});

	test("[5.0 MQTT-3.14.2-3] [5.0 MQTT-3.14.2-4] has no reason string and no user properties, so that it is never too large", () => {
		for (const { bytes } of disconnects()) {
			// Fixed header, code, property length, session expiry.
			expect(bytes.length).toBeLessThanOrEqual(2 + 1 + 1 + 5);
			if (bytes.length > 4) expect([bytes[3], bytes[4]]).toEqual([5, 0x11]);
		}
	});

	test("[5.0 MQTT-3.14.4-1] [5.0 MQTT-3.14.4-2] is the last packet, and then we close", () => {
		const setup: Setup5 = connected5({
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
		setup.publish("t", "", {}, { qos: 2, id: 9 });
		setup.acknowledge("puback", 1);
		setup.acknowledge("pubrec", 2);
		setup.acknowledge("pubcomp", 2);
		expect(setup.exchange()).toEqual([
			"publish 1 qos1",
			"publish 2 qos2",
			"pubrec 9",
			"pubrel 2",
			"disconnect",
		]);
		expect(peer.socket.closed).toBe(true);
		client.publish("t", "later still");
		setup.acknowledge("pubrel", 9);
		setup.publish("t", "", {}, { qos: 1, id: 3 });
		clock.advance(600_000);
		peer.expect();
		expect(setup.place.peers.length).toBe(1);
	});

	test("[5.0 MQTT-3.14.4-1] [5.0 MQTT-3.14.4-2] is so too when it answers an error, whatever follows that", () => {
		const setup = connected5();
		setup.client.publish("t", "held", 1);
		setup.peer.take();
		setup.peer.send(CONNACK5(), PUBLISH5("t", "x", [], { qos: 1, id: 1 }), PUBLISH5("t", "y"));
		expect(setup.exchange()).toEqual(["disconnect 0x82"]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected/)]);
	});
});

describe("[5.0 MQTT-4.13.2-1] a code of 0x80 or more means that the connection is over", () => {
	test.each([0x80, 0x82, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x93, 0x97, 0x98, 0xa0])(
		"in DISCONNECT: 0x%x",
		(code) => {
			const setup = connected5();
			setup.client.publish("t", "", 1);
			setup.peer.take();
			setup.send({ cmd: "disconnect", reasonCode: code });
			expect(setup.peer.socket.closed).toBe(true);
			expect(setup.exchange()).toEqual([]);
			expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
		},
	);

	test.each([0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x97, 0x9f])("in CONNACK: %d", (code) => {
		const setup = new Setup5();
		setup.accept(false, {}, code);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.exchange()).toEqual([]);
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
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
		const bytes = written(packet, 5);
		let at = 0;
		for (; at < Math.min(bytes.length, 60); at += 3) socket.write(bytes.slice(at, at + 3));
		socket.write(bytes.slice(at));
	}

	/** A broker that sends each message back. */
	function echo(socket: Socket, heard: Buffer[]): void {
		const parser = mqtt.parser({ protocolVersion: 5 });
		parser.on("packet", (packet) => {
			if (packet.cmd === "connect") send(socket, { cmd: "connack", reasonCode: 0, sessionPresent: false });
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

	test("[5.0 MQTT-4.2-1] carries all bytes both ways in order, however they are cut", async () => {
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
				protocolVersion: 5,
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
