// CONNECT and CONNACK in MQTT 5.0 (sections 3.1 and 3.2), sessions, and what the broker grants.

import { State } from "../../../src/client.js";
import { CONNECTION_LOST, NO_REPLY } from "../../../src/connection/reasons.js";
import { CONNACK_CLEAN } from "../../../src/wire/reason.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { field, PINGRESP, packet, word } from "../../support/packets.js";
import { block, byte, CONNACK5, DISCONNECT5, data, four, two, user } from "../../support/packets5.js";
import { connected5, Setup5 } from "../../support/setup5.js";

type Part = Uint8Array | readonly number[];

/** By hand: flags, keep alive in seconds, properties, payload fields. */
const CONNECT = (flags: number, keepAlive: number, properties: readonly Part[], ...fields: Uint8Array[]) =>
	packet(0x10, field("MQTT"), [5, flags], word(keepAlive), block(properties), ...fields);

const NEVER = four(0x11, 0xffffffff);
const RECEIVE_MAXIMUM = two(0x21, 32);
const NO_PROBLEMS = byte(0x17, 0);

describe("CONNECT", () => {
	test("[5.0 MQTT-3.1.2-1][5.0 MQTT-3.1.2-11][5.0 MQTT-3.1.2-13][5.0 MQTT-3.1.2-16][5.0 MQTT-3.1.2-18] keeps the session for ever, names the room for messages at QoS 2, and wants no reason strings", () => {
		const { peer } = new Setup5();
		peer.open();
		peer.expect(CONNECT(0, 60, [NEVER, RECEIVE_MAXIMUM, NO_PROBLEMS], field("c")));
	});

	test("has no session expiry with clean", () => {
		const { peer } = new Setup5({ clean: true, keepAlive: 0, unreleased: 7 });
		peer.open();
		peer.expect(CONNECT(2, 0, [two(0x21, 7), NO_PROBLEMS], field("c")));
	});

	test("has all that is asked for", () => {
		const { peer } = new Setup5({
			sessionExpiry: 3600,
			unreleased: 300,
			maximumPacketSize: 70_000,
			aliases: 5,
			responseInformation: true,
			problemInformation: true,
			userProperties: [
				["a", "1"],
				["a", "2"],
			],
		});
		peer.open();
		peer.expect(
			CONNECT(
				0,
				60,
				[
					four(0x11, 3600),
					two(0x21, 300),
					four(0x27, 70_000),
					two(0x22, 5),
					byte(0x19, 1),
					user("a", "1"),
					user("a", "2"),
				],
				field("c"),
			),
		);
	});

	test("has session expiry 0 as one that is left out", () => {
		const { peer } = new Setup5({ sessionExpiry: 0 });
		peer.open();
		peer.expect(CONNECT(0, 60, [RECEIVE_MAXIMUM, NO_PROBLEMS], field("c")));
	});

	test("[5.0 MQTT-3.1.2-9][5.0 MQTT-3.1.2-12][5.0 MQTT-3.1.2-17][5.0 MQTT-3.1.2-19][5.0 MQTT-3.1.3-1][5.0 MQTT-3.1.3-4][5.0 MQTT-3.1.3-11][5.0 MQTT-3.1.3-12] has will and credentials in their order", () => {
		const { peer, client } = new Setup5({ username: "ü", password: "p" });
		client.will = {
			topic: "w",
			payload: "gone",
			qos: 2,
			retain: true,
			delay: 30,
			properties: new Properties({
				payloadFormat: 1,
				contentType: "text",
				messageExpiry: 60,
				responseTopic: "r",
				correlationData: "k",
				userProperties: [["a", "b"]],
			}),
		};
		peer.open();
		peer.expect(
			CONNECT(
				0xf4,
				60,
				[NEVER, RECEIVE_MAXIMUM, NO_PROBLEMS],
				field("c"),
				block([
					four(0x18, 30),
					four(0x02, 60),
					byte(0x01, 1),
					data(0x03, "text"),
					data(0x08, "r"),
					user("a", "b"),
					data(0x09, "k"),
				]),
				field("w"),
				field("gone"),
				field("ü"),
				field("p"),
			),
		);
	});

	test("has a password without user name", () => {
		const { peer } = new Setup5({ password: "p" });
		peer.open();
		peer.expect(CONNECT(0x40, 60, [NEVER, RECEIVE_MAXIMUM, NO_PROBLEMS], field("c"), field("p")));
	});

	test("has a will without properties", () => {
		const { peer, client } = new Setup5();
		client.will = { topic: "w", payload: "x" };
		peer.open();
		peer.expect(
			CONNECT(4, 60, [NEVER, RECEIVE_MAXIMUM, NO_PROBLEMS], field("c"), block([]), field("w"), field("x")),
		);
	});

	test("has the properties of a will that are longer than 127 bytes", () => {
		const { peer, client } = new Setup5();
		const contentType = "x".repeat(200);
		client.will = { topic: "w", payload: "x", properties: new Properties({ contentType }) };
		peer.open();
		peer.expect(
			CONNECT(
				4,
				60,
				[NEVER, RECEIVE_MAXIMUM, NO_PROBLEMS],
				field("c"),
				block([data(0x03, contentType)]),
				field("w"),
				field("x"),
			),
		);
	});

	test.each([
		[{ delay: -1 }, /will.delay is -1/],
		[{ delay: 2 ** 32 }, /will.delay is 4294967296/],
		[{ properties: {} as never }, /will.properties is \[object Object\]/],
	])("a will with %j is none", (more, message) => {
		const { client } = new Setup5();
		expect(() => {
			client.will = { topic: "w", payload: "x", ...more };
		}).toThrow(message);
	});

	test("goes in pieces through a socket with less room", () => {
		const setup = new Setup5({ userProperties: [["a", "b".repeat(2000)]] }, undefined, { room: 600 });
		expect(setup.accept()).toMatchObject({ properties: { userProperties: { a: "b".repeat(2000) } } });
	});
});

describe("client identifier", () => {
	test("[5.0 MQTT-3.1.3-3] that the broker assigns holds for later connects", () => {
		const setup = new Setup5({ clientId: "" });
		expect(setup.accept(false, { assignedClientIdentifier: "auto-1" })).toMatchObject({ clientId: "" });
		expect(setup.client.limits?.assignedClientId).toBe("auto-1");
		expect(setup.resume(true, {})).toMatchObject({ clientId: "auto-1", clean: false });
		expect(setup.resume(true, {})).toMatchObject({ clientId: "auto-1" });
		expect(setup.client.limits?.assignedClientId).toBe("auto-1");
	});

	test("of ours stays, whatever the broker assigns", () => {
		const setup = new Setup5();
		setup.accept(false, { assignedClientIdentifier: "auto-1" });
		expect(setup.resume()).toMatchObject({ clientId: "c" });
	});
});

describe("what the broker grants", () => {
	test("is the most there is where CONNACK names nothing", () => {
		const { client } = connected5();
		expect(client.limits).toMatchObject({
			receiveMaximum: 65_535,
			maximumPacketSize: 268_435_460,
			topicAliasMaximum: 0,
			maximumQos: 2,
			retainAvailable: true,
			wildcardAvailable: true,
			identifiersAvailable: true,
			sharedAvailable: true,
			sessionExpiry: 0xffffffff,
			keepAlive: 60,
		});
		expect(client.limits?.responseInformation).toBeUndefined();
	});

	test("is read from CONNACK, anew each time", () => {
		const setup = connected5(
			{},
			{
				receiveMaximum: 3,
				maximumPacketSize: 1000,
				topicAliasMaximum: 9,
				maximumQoS: 1,
				retainAvailable: false,
				wildcardSubscriptionAvailable: false,
				subscriptionIdentifiersAvailable: false,
				sharedSubscriptionAvailable: false,
				sessionExpiryInterval: 77,
				serverKeepAlive: 5,
				responseInformation: "answers/",
			},
		);
		const { client } = setup;
		expect(client.limits).toMatchObject({
			receiveMaximum: 3,
			maximumPacketSize: 1000,
			topicAliasMaximum: 9,
			maximumQos: 1,
			retainAvailable: false,
			wildcardAvailable: false,
			identifiersAvailable: false,
			sharedAvailable: false,
			sessionExpiry: 77,
			keepAlive: 5,
			responseInformation: "answers/",
		});
		setup.resume(true, {});
		expect(client.limits).toMatchObject({
			receiveMaximum: 65_535,
			maximumQos: 2,
			sharedAvailable: true,
			keepAlive: 60,
		});
		expect(client.limits?.responseInformation).toBeUndefined();
	});

	test("its properties are there in onConnected", () => {
		const seen: unknown[] = [];
		const setup: Setup5 = new Setup5({
			problemInformation: true,
			onConnected: () => {
				const received = setup.client.received!;
				seen.push(received.text(0x1f));
				while (received.next()) seen.push(received.name, received.value);
			},
		});
		setup.accept(false, { reasonString: "welcome", userProperties: { a: ["1", "2"] } });
		expect(seen).toEqual(["welcome", "a", "1", "a", "2"]);
	});
});

describe("keep alive", () => {
	const pings = ({ clock, peer }: Setup5, milliseconds: number): number => {
		let count = 0;
		for (let i = 0; i < milliseconds; i += 100) {
			clock.advance(100);
			if (peer.take().includes(0xc0)) {
				count++;
				peer.send(PINGRESP);
			}
		}
		return count;
	};

	test("[5.0 MQTT-3.1.2-20][5.0 MQTT-3.1.2-21][5.0 MQTT-3.2.2-21] of the broker holds, for that connection only", () => {
		const setup = connected5({}, { serverKeepAlive: 4 });
		const calm = pings(setup, 40_000);
		expect(calm).toBeGreaterThanOrEqual(10);
		expect(calm).toBeLessThanOrEqual(13);
		setup.resume(true, {});
		expect(pings(setup, 40_000)).toBe(0);
	});

	test("of the broker that is longer holds, too", () => {
		const setup = connected5({ keepAlive: 2000 }, { serverKeepAlive: 100 });
		expect(pings(setup, 80_000)).toBe(0);
	});

	test("of the broker is kept where ours is 0", () => {
		const setup = connected5({ keepAlive: 0 }, { serverKeepAlive: 4 });
		expect(pings(setup, 40_000)).toBeGreaterThanOrEqual(10);
	});

	test("of 0 by the broker sends no PINGREQ", () => {
		const setup = connected5({ keepAlive: 4000 }, { serverKeepAlive: 0 });
		expect(pings(setup, 100_000)).toBe(0);
	});

	test("of ours that is no whole second is as exact as without the broker's", () => {
		const setup = connected5({ keepAlive: 1500 }, { serverKeepAlive: 2 });
		expect(pings(setup, 30_000)).toBeGreaterThanOrEqual(27);
	});

	test("without an answer ends the connection", () => {
		const setup = connected5({ keepAlive: 0 }, { serverKeepAlive: 4 });
		setup.clock.advance(30_000);
		expect(setup.news()).toEqual([`disconnected ${NO_REPLY}`]);
	});
});

describe("sessions", () => {
	test("[5.0 MQTT-3.1.2-4] clean asks for a new one at each connect", () => {
		const setup = new Setup5({ clean: true });
		expect(setup.accept()).toMatchObject({ clean: true });
		expect(setup.resume(false)).toMatchObject({ clean: true });
		expect(setup.client.limits?.sessionExpiry).toBe(0);
	});

	test("[5.0 MQTT-3.2.2-4] with clean, one that is present is an error of the broker's, which is told", () => {
		const setup = new Setup5({ clean: true });
		setup.accept(true);
		setup.peer.expect(DISCONNECT5(0x82).slice(0, 3).fill(1, 1, 2));
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.news()).toEqual([`disconnected ${CONNACK_CLEAN}`]);
	});

	test("one of an earlier life is kept, with what it delivers", () => {
		const setup = new Setup5();
		setup.accept(true);
		setup.publish("t", "of yore", undefined, { qos: 2, id: 9, dup: true });
		expect(setup.news()).toEqual(["connected true", "message t=of yore qos2 dup"]);
		expect(setup.exchange()).toEqual(["pubrec 9"]);
	});

	test("[5.0 MQTT-3.1.2-23][5.0 MQTT-4.1.0-1][5.0 MQTT-3.1.3-2] what is not acknowledged goes again in it, and anew without it", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 1);
		setup.sent();
		setup.resume(true);
		expect(setup.exchange()).toEqual([`publish ${id} qos1 dup`]);
		setup.resume(false);
		expect(setup.exchange()).toEqual([`publish ${id} qos1`]);
	});

	test("[5.0 MQTT-3.2.2-5] one that is not present is forgotten", () => {
		const setup = connected5();
		setup.publish("t", "x", undefined, { qos: 2, id: 9 });
		setup.sent();
		setup.news();
		setup.resume(false);
		setup.publish("t", "y", undefined, { qos: 2, id: 9 });
		expect(setup.news()).toContain("message t=y qos2");
	});

	test.each([
		[0, true],
		[100, false],
	])("whose expiry the broker sets to %d ends with the connection: %p", (sessionExpiryInterval, over) => {
		const { client, peer } = connected5({ subscriptions: 1 }, { sessionExpiryInterval });
		client.subscribe("a", 0);
		peer.fail();
		// Where the broker keeps it, it has to be told that "a" is over, and that takes the room of a subscription.
		client.unsubscribe("a");
		const subscribe = () => client.subscribe("b", 0);
		if (over) subscribe();
		else expect(subscribe).toThrow(/no room for "b"/);
	});
});

describe("a refusal", () => {
	test.each([
		0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
		0x9b, 0x9c, 0x9d, 0x9f,
	])("[5.0 MQTT-4.13.2-1] with code 0x%x is told by its name", (code) => {
		const setup = new Setup5();
		setup.accept(false, {}, code);
		expect(setup.news()).toEqual([`disconnected ${reasonOf(code)}`]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.sent()).toEqual([]);
	});

	const again = (code: number, of: "connack" | "disconnect") => {
		const setup = new Setup5({ reconnectMinimum: 0, reconnectMaximum: 50_000 });
		if (of === "connack") setup.accept(false, {}, code);
		else {
			setup.accept();
			setup.send({ cmd: "disconnect", reasonCode: code });
		}
		const before = setup.place.peers.length;
		let waited = 0;
		for (; setup.place.peers.length === before && waited < 60_000; waited += 1000) setup.clock.advance(1000);
		return waited;
	};

	test.each([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x95, 0x97 - 2, 0x99, 0x9a, 0x9b, 0x9d])(
		"with code 0x%x is followed by the longest delay",
		(code) => {
			expect(again(code, "connack")).toBe(50_000);
		},
	);

	test.each([0x80, 0x88, 0x89, 0x97, 0x9c, 0x9f])(
		"with code 0x%x is followed by the ordinary delay",
		(code) => {
			expect(again(code, "connack")).toBe(1000);
		},
	);

	test.each([0x87, 0x8e, 0x98 - 0x16, 0x9d])(
		"DISCONNECT with code 0x%x is followed by the longest delay",
		(code) => {
			expect(again(code, "disconnect")).toBe(50_000);
		},
	);

	test.each([0x00, 0x88 + 3, 0x89, 0x8d, 0x97, 0x98, 0x9c, 0xa0])(
		"DISCONNECT with code 0x%x is followed by the ordinary delay",
		(code) => {
			expect(again(code, "disconnect")).toBe(1000);
		},
	);

	test("is no longer at hand when the connection ends for another reason", () => {
		const seen: unknown[] = [];
		const setup: Setup5 = connected5(
			{ problemInformation: true, onDisconnected: () => seen.push(setup.client.received?.text(0x1f)) },
			{ reasonString: "welcome" },
		);
		setup.peer.fail();
		expect(seen).toEqual([undefined]);
	});

	test("says why, where the app asks for that", () => {
		const seen: unknown[] = [];
		const setup: Setup5 = new Setup5({
			problemInformation: true,
			onDisconnected: () => seen.push(setup.client.received?.text(0x1f)),
		});
		setup.accept(false, { reasonString: "no credit" }, 0x87);
		expect(seen).toEqual(["no credit"]);
	});
});

describe("DISCONNECT of the broker", () => {
	test("[5.0 MQTT-3.14.4-1] ends the connection with its reason, and nothing more is sent", () => {
		const setup = connected5();
		setup.send({ cmd: "disconnect", reasonCode: 0x8e });
		expect(setup.news()).toEqual([`disconnected ${reasonOf(0x8e)}`]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.sent()).toEqual([]);
		expect(setup.client.state).toBe(State.WAITING);
	});

	test("without a reason is a connection lost", () => {
		const setup = connected5();
		setup.peer.send(Uint8Array.of(0xe0, 0));
		expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
	});

	test("cut anywhere, with what stands behind it", () => {
		const setup = connected5();
		setup.peer.sendBytewise(DISCONNECT5(0x98, [data(0x1f, "maintenance")]), Uint8Array.of(0x30, 1));
		expect(setup.news()).toEqual([`disconnected ${reasonOf(0x98)}`]);
	});

	test("while we are closing ends it, closed by the app", () => {
		const setup = connected5();
		setup.client.publish("t", "x", 1);
		setup.client.close();
		setup.send({ cmd: "disconnect", reasonCode: 0x8b });
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.news().at(-1)).toBe(`disconnected ${reasonOf(0x8b)}`);
	});

	test("comes with what a callback does then: publish, subscribe, close", () => {
		const setup: Setup5 = connected5({
			onDisconnected: (reason) => {
				setup.log.push(`disconnected ${reason.code}`);
				setup.client.publish("t", "x", 1);
				setup.client.subscribe("a", 0);
				setup.client.close();
			},
		});
		setup.send({ cmd: "disconnect", reasonCode: 0x8b });
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.news()[0]).toBe("disconnected 139");
	});
});

describe("DISCONNECT of ours", () => {
	test("is the short one at an ordinary close", () => {
		const setup = connected5();
		setup.client.close();
		setup.peer.expect(Uint8Array.of(0xe0, 0));
	});

	test("[5.0 MQTT-3.14.2-1][5.0 MQTT-3.14.4-2] has code 0x04 at a close that asks for the will", () => {
		const setup = connected5();
		setup.client.close({ withWill: true });
		setup.peer.expect(Uint8Array.of(0xe0, 1, 4));
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.news()).toEqual(["disconnected the client was closed by the app"]);
	});

	test("has another session expiry at a close that asks for one", () => {
		const setup = connected5();
		setup.client.close({ sessionExpiry: 100 });
		setup.peer.expect(DISCONNECT5(0, [four(0x11, 100)]));
	});

	test("has both, after what is held is delivered", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 1);
		setup.sent();
		setup.client.close({ withWill: true, sessionExpiry: 0 });
		setup.peer.expect();
		setup.acknowledge("puback", id);
		setup.peer.expect(DISCONNECT5(4, [four(0x11, 0)]));
	});

	test("leaves out what this broker does not take", () => {
		const setup = connected5({}, { maximumPacketSize: 5 });
		setup.client.close({ sessionExpiry: 0 });
		setup.peer.expect(Uint8Array.of(0xe0, 0));
	});

	test.each([
		[{ sessionExpiry: 1 }, { sessionExpiry: 0 }, /sessionExpiry is 1: where it is 0 in CONNECT it must be 0/],
		[{ sessionExpiry: 1 }, { clean: true }, /sessionExpiry is 1/],
		[{ sessionExpiry: 2 ** 32 }, {}, /sessionExpiry is 4294967296/],
		[{ withWill: 1 as never }, {}, /withWill is 1/],
	])("%j, with %j, breaks a rule, and nothing is closed", (ending, options, message) => {
		const { client } = connected5(options);
		expect(() => client.close(ending)).toThrow(message);
		expect(client.state).toBe(State.CONNECTED);
	});

	test.each([
		["malformed", Uint8Array.of(0x36, 0), 0x81],
		["a property twice", packet(0x40, word(1), [0], block([data(0x1f, "a"), data(0x1f, "b")])), 0x82],
		["a second CONNACK", CONNACK5(), 0x82],
		["alias 0", packet(0x30, field("t"), block([two(0x23, 0)])), 0x94],
	])("answers what is wrong: %s", (_what, bytes, code) => {
		const setup = connected5();
		setup.peer.send(bytes);
		setup.peer.expect(Uint8Array.of(0xe0, 1, code));
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.news()[0]).toMatch(/^disconnected (malformed packet|protocol error)/);
	});

	test("[5.0 MQTT-3.14.1-1] answers a DISCONNECT with reserved flags", () => {
		const setup = connected5();
		setup.peer.send(Uint8Array.of(0xe1, 0));
		setup.peer.expect(Uint8Array.of(0xe0, 1, 0x81));
	});

	test("[5.0 MQTT-3.2.2-1] answers a CONNACK with reserved flags", () => {
		const setup = new Setup5();
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(packet(0x20, [2, 0, 0]));
		setup.peer.expect(Uint8Array.of(0xe0, 1, 0x81));
	});

	test("does not go into a packet that is half sent", () => {
		const setup = connected5({ packetSize: 600, storeSize: 4000 }, {}, { room: 200 });
		setup.client.publish("t", new Uint8Array(500), 1);
		setup.peer.takeSome(50);
		const before = setup.peer.writes.length;
		setup.peer.send(Uint8Array.of(0x36, 0));
		expect(setup.peer.writes.length).toBe(before);
		expect(setup.peer.socket.closed).toBe(true);
	});
});
