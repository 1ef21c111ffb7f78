// What the broker has granted with CONNACK, kept by what is published (sections 3.2.2.3 and 4.9).

import type { ClientOptions } from "../../../src/connection/options.js";
import { CONNECTION_LOST } from "../../../src/connection/reasons.js";
import {
	MESSAGE_TOO_LARGE,
	PACKETS_TOO_SMALL,
	Properties,
	QOS_NOT_AVAILABLE,
	QOS_UNAVAILABLE,
	RETAIN_NOT_AVAILABLE,
	RETAIN_UNAVAILABLE,
	TOO_LARGE,
} from "../../../src/v5.js";
import { Topic } from "../../../src/wire/topic.js";
import {
	CONNACK,
	concat,
	PINGREQ,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	word,
} from "../../support/packets.js";
import { CONNACK5, data, four, PUBLISH5, two, user } from "../../support/packets5.js";
import { Setup } from "../../support/setup.js";
import { connected5, Setup5 } from "../../support/setup5.js";

const publish = (id: number, dup = false, qos = 1) => PUBLISH5("t", "x", [], { qos, id, dup });

describe("a Maximum Packet Size", () => {
	test.each([1, 2, 3, 4])(
		"of %d, which no acknowledgement fits, ends the connection without a byte",
		(size) => {
			const setup = new Setup5();
			setup.accept(true, { maximumPacketSize: size });
			expect(setup.news()).toEqual([`disconnected ${PACKETS_TOO_SMALL}`]);
			expect(setup.sent()).toEqual([]);
			expect(setup.peer.socket.closed).toBe(true);
		},
	);

	test("of 5 is enough for what must be answered", () => {
		const setup = new Setup5();
		setup.accept(true, { maximumPacketSize: 5 });
		setup.peer.send(PUBLISH5("t", "x", [], { qos: 1, id: 1 }), PUBREL(9));
		setup.peer.expect(PUBACK(1), packet(0x70, word(9), [0x92]));
	});
});

describe("Receive Maximum", () => {
	test.each([
		["the broker's, if it is smaller", 8, 2],
		["the window, if it is smaller", 2, 8],
	])(
		"[5.0 MQTT-3.3.4-7][5.0 MQTT-4.9.0-1][5.0 MQTT-4.9.0-2] bounds what is in flight: %s",
		(_whose, window, receiveMaximum) => {
			const { client, peer } = connected5({ window }, { receiveMaximum });
			for (let i = 0; i < 5; i++) client.publish("t", "x", 1);
			client.publish("t", "0"); // behind those that wait
			peer.expect(publish(1), publish(2));
			peer.send(PUBACK(1));
			peer.expect(publish(3));
			peer.send(PUBACK(2), PUBACK(3));
			peer.expect(publish(4), publish(5), PUBLISH5("t", "0"));
		},
	);

	test("at QoS 2 until PUBCOMP", () => {
		const { client, peer } = connected5({ window: 8 }, { receiveMaximum: 1 });
		client.publish("t", "x", 2);
		client.publish("t", "x", 2);
		peer.expect(publish(1, false, 2));
		peer.send(PUBREC(1));
		peer.expect(PUBREL(1));
		peer.send(PUBCOMP(1));
		peer.expect(publish(2, false, 2));
	});

	test("[5.0 MQTT-3.3.4-8][5.0 MQTT-4.9.0-3] other packets go all the same", () => {
		const setup = connected5({ keepAlive: 10_000 }, { receiveMaximum: 1 });
		const { client, peer } = setup;
		client.publish("t", "x", 1);
		client.publish("t", "x", 1);
		client.subscribe("s", 0);
		setup.publish("in", "y", undefined, { qos: 2, id: 7 });
		peer.expect(publish(1), new Uint8Array([0x82, 7, 0, 3, 0, 0, 1, 0x73, 0]), PUBREC(7));
		peer.send(PUBREL(7));
		peer.expect(PUBCOMP(7));
		setup.clock.advance(9000);
		expect([...peer.take()]).toEqual([...PINGREQ]);
	});

	test("counts anew with each connection: another one, and what goes again is bound by it", () => {
		const setup = connected5({ window: 4 }, { receiveMaximum: 3 });
		const { client } = setup;
		for (let i = 0; i < 5; i++) client.publish("t", "x", 1);
		setup.peer.expect(publish(1), publish(2), publish(3));
		setup.resume(true, { receiveMaximum: 1 });
		for (let id = 1; id <= 5; id++) {
			setup.peer.expect(publish(id, id < 4));
			setup.peer.send(PUBACK(id));
		}
		setup.resume(true, {});
		for (let i = 0; i < 5; i++) client.publish("t", "x", 1);
		setup.peer.expect(publish(6), publish(7), publish(8), publish(9));
	});

	test("PUBRELs of more messages than it are sent, and nothing else until fewer are left", () => {
		const setup = connected5({ window: 4 });
		const { client } = setup;
		for (let i = 0; i < 3; i++) client.publish("t", "x", 2);
		setup.peer.send(PUBREC(1), PUBREC(2), PUBREC(3));
		setup.peer.take();
		client.publish("t", "x", 1);
		setup.peer.expect(publish(4));
		setup.resume(true, { receiveMaximum: 2 });
		setup.peer.expect(PUBREL(1), PUBREL(2), PUBREL(3));
		setup.peer.send(PUBCOMP(1));
		setup.peer.expect();
		setup.peer.send(PUBCOMP(2));
		setup.peer.expect(publish(4, true));
	});

	test("of a connection in 5.0 does not bound a later one in 3.1.1", () => {
		const setup = new Setup({ protocolVersion: undefined, window: 4 });
		const { client } = setup;
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(new Uint8Array([0x20, 6, 0, 0, 3, 0x21, 0, 1]));
		for (let i = 0; i < 4; i++) client.publish("t", "x", 1);
		setup.peer.expect(publish(1));
		setup.peer.fail();
		setup.redial();
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(CONNACK(false, 0x84));
		setup.clock.advance(1);
		setup.peer.accept();
		setup.peer.expect(...[1, 2, 3, 4].map((id) => PUBLISH("t", "x", { qos: 1, id })));
	});
});

describe("refused at the call", () => {
	const writer = { write: (_bytes: Uint8Array, at: number) => at + 5 };
	const fill = (_offset: number, view: Uint8Array) => view.length;

	test.each([
		[0, 1],
		[1, 2],
	] as const)("[5.0 MQTT-3.2.2-11] a QoS above the maximum of %d", (maximumQoS, qos) => {
		const { client, peer } = connected5({}, { maximumQoS });
		const topic = new Topic("t");
		expect(client.publish(topic, "x", qos)).toBe(QOS_UNAVAILABLE);
		expect(client.publish(topic, "x".repeat(600), qos)).toBe(QOS_UNAVAILABLE);
		expect(client.publishWith(topic, qos, false, writer)).toBe(QOS_UNAVAILABLE);
		expect(client.publishFrom(topic, 1, fill, qos)).toBe(QOS_UNAVAILABLE);
		peer.expect();
		expect(client.statistics).toMatchObject({ published: 0, refused: 4 });
		expect(client.publish(topic, "x", maximumQoS)).toBe(maximumQoS);
		peer.expect(PUBLISH5("t", "x", [], { qos: maximumQoS, id: 1 }));
	});

	test("[5.0 MQTT-3.2.2-14] one to be retained, where there is no retaining", () => {
		const { client, peer } = connected5({}, { retainAvailable: false });
		const topic = new Topic("t");
		expect(client.publish(topic, "x", 0, true)).toBe(RETAIN_UNAVAILABLE);
		expect(client.publishWith(topic, 0, true, writer)).toBe(RETAIN_UNAVAILABLE);
		expect(client.publishFrom(topic, 1, fill, 0, true)).toBe(RETAIN_UNAVAILABLE);
		peer.expect();
		expect(client.publish(topic, "x")).toBe(0);
		peer.expect(PUBLISH5("t", "x"));
	});

	test.each([20, 200, 5000])("[5.0 MQTT-3.2.2-15] one that is larger than %d bytes", (maximumPacketSize) => {
		const { client, peer } = connected5(
			{ packetSize: 64, storeSize: 8000 },
			{ maximumPacketSize },
			{ room: 9000 },
		);
		const properties = new Properties({ userProperties: [["a", "b"]], messageExpiry: 3 });
		// Header, topic name, length of properties.
		const head = maximumPacketSize < 130 ? 2 : 3;
		const most = maximumPacketSize - head - 4 - 1;
		const payload = new Uint8Array(most + 1);
		for (const [extra, it] of [
			[0, undefined],
			[7 + 5, properties],
		] as const) {
			const fits = payload.subarray(0, most - extra);
			const over = payload.subarray(0, most - extra + 1);
			const topic = new Topic("ab");
			expect(client.publish(topic, over, 0, false, it)).toBe(TOO_LARGE);
			expect(client.publishFrom(topic, over.length, fill, 0, false, it)).toBe(TOO_LARGE);
			expect(
				client.publishWith(
					topic,
					0,
					false,
					{ write: (_bytes, at, limit) => Math.min(limit, at + over.length) },
					0,
					it,
				),
			).toBe(over.length < 50 ? TOO_LARGE : 0);
			peer.take();
			expect(client.publish(topic, fits, 0, false, it)).toBe(0);
			expect(peer.take().length).toBe(maximumPacketSize);
			const given = (offset: number, view: Uint8Array) => Math.min(view.length, fits.length - offset);
			expect(client.publishFrom(topic, fits.length, given, 0, false, it)).toBe(0);
			expect(peer.take().length).toBe(maximumPacketSize);
		}
	});
});

test("[5.0 MQTT-3.2.2-15] an alias makes no packet too large, whether it is set or used", () => {
	for (const name of ["a", "abc", "abcd", "abcdefgh"])
		for (let size = 10; size < 45; size++) {
			const { client, peer } = connected5({}, { maximumPacketSize: 40, topicAliasMaximum: 2 });
			const topic = new Topic(name);
			const fits = 2 + 2 + name.length + 1 + size <= 40;
			for (let i = 0; i < 3; i++) {
				expect(client.publish(topic, new Uint8Array(size))).toBe(fits ? 0 : TOO_LARGE);
				expect(peer.take().length).toBeLessThanOrEqual(40);
			}
		}
});

describe("accepted before it was known", () => {
	test("ends in onDropped with a named reason, and nothing of it is sent", () => {
		const dropped: unknown[] = [];
		const setup = new Setup5(
			{ onDropped: (id, reason) => dropped.push([id, reason]), storeSize: 4000 },
			{ maximumQoS: 1, retainAvailable: false, maximumPacketSize: 60 },
		);
		const { client } = setup;
		const properties = new Properties({ userProperties: [["name", "v".repeat(60)]] });
		client.publish("a", "ok", 1); // 1
		client.publish("b", "two", 2); // 2
		client.publish("c", "kept", 1, true); // 3
		client.publish("d", "x".repeat(60), 0);
		client.publish("e", "props", 1, false, properties); // 4
		client.publishFrom("f", 100, () => 0, 1); // 5
		client.publish("g", "x".repeat(50), 0); // 2 + 3 + 1 + 50
		client.publish("h", "both", 2, true); // 6
		setup.accept();
		setup.peer.expect(PUBLISH5("a", "ok", [], { qos: 1, id: 1 }), PUBLISH5("g", "x".repeat(50)));
		expect(dropped).toEqual([
			[2, QOS_NOT_AVAILABLE],
			[3, RETAIN_NOT_AVAILABLE],
			[0, MESSAGE_TOO_LARGE],
			[4, MESSAGE_TOO_LARGE],
			[5, MESSAGE_TOO_LARGE],
			[6, QOS_NOT_AVAILABLE],
		]);
		expect(client.held).toBe(1);
		expect(client.statistics.dropped).toBe(6);
	});

	describe("at QoS 2, when the broker may have taken it on an earlier connection", () => {
		const sent = () => {
			const setup = connected5({ window: 1 });
			setup.client.publish("t", "x".repeat(50), 2);
			setup.client.publish("t", "y", 1);
			setup.exchange();
			return setup;
		};

		test("its identifier is released, and what waits goes after that", () => {
			const setup = sent();
			setup.resume(true, { maximumPacketSize: 20 });
			expect(setup.news()).toContain(`dropped 1 ${MESSAGE_TOO_LARGE}`);
			expect(setup.client.held).toBe(1);
			expect(setup.exchange()).toEqual(["pubrel 1"]);
			setup.acknowledge("pubcomp", 1);
			expect(setup.exchange()).toEqual(["publish 2 qos1"]);
			expect(setup.news()).toEqual([]);
			expect(setup.client.statistics).toMatchObject({ delivered: 0, dropped: 1, strayAcknowledgements: 0 });
		});

		test("also with a reason code in PUBCOMP", () => {
			const setup = sent();
			setup.resume(true, { maximumQoS: 1 });
			expect(setup.exchange()).toEqual(["pubrel 1"]);
			setup.acknowledge("pubcomp", 1, 0x92);
			expect(setup.exchange()).toEqual(["publish 2 qos1"]);
		});

		test("on the next connection again, until the session is lost", () => {
			const setup = sent();
			setup.resume(true, { maximumQoS: 1 });
			setup.resume(true, {});
			expect(setup.exchange()).toEqual(["pubrel 1"]);
			setup.news();
			setup.resume(false, {});
			expect(setup.exchange()).toEqual(["publish 2 qos1"]);
			expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`, "connected false"]);
		});

		test("without a session there is nothing to release", () => {
			const setup = sent();
			setup.resume(false, { maximumQoS: 1 });
			expect(setup.exchange()).toEqual(["publish 2 qos1"]);
		});
	});

	test("under a broker of 3.1.1 it goes", () => {
		const setup = new Setup({ protocolVersion: undefined });
		setup.client.publish("b", "two", 2, true);
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("b", "two", { qos: 2, id: 1, retain: true }));
	});

	test("all are told of, also when a callback throws, and callbacks may publish", () => {
		const dropped: number[] = [];
		const setup: Setup5 = new Setup5(
			{
				onDropped: (id) => {
					dropped.push(id);
					setup.client.publish("again", `${id}`, 1);
					if (id === 1) throw new Error("app");
				},
			},
			{ maximumQoS: 1 },
		);
		setup.client.publish("a", "x", 2);
		setup.client.publish("b", "x", 2);
		setup.peer.open();
		setup.peer.take();
		expect(() =>
			setup.send({ cmd: "connack", sessionPresent: false, reasonCode: 0, properties: { maximumQoS: 1 } }),
		).toThrow("app");
		expect(dropped).toEqual([1, 2]);
		setup.clock.advance(10);
		setup.peer.expect(
			PUBLISH5("again", "1", [], { qos: 1, id: 3 }),
			PUBLISH5("again", "2", [], { qos: 1, id: 4 }),
		);
	});
});

describe("a CONNACK with more than there is room for", () => {
	/** What is granted by a CONNACK that begins with `text`, and arrives whole or byte by byte. */
	const grantedBehind = (text: Uint8Array, options: Partial<ClientOptions>, cut: boolean) => {
		const { peer, client } = new Setup5(options);
		peer.open();
		const connack = CONNACK5(false, 0, [
			text,
			four(0x11, 7),
			two(0x21, 1),
			two(0x22, 2),
			[0x24, 1, 0x25, 0, 0x28, 0, 0x29, 0, 0x2a, 0],
			four(0x27, 100),
			two(0x13, 5),
		]);
		if (cut) peer.sendCut(connack, [...connack.keys()].slice(1));
		else peer.send(connack);
		expect(client.limits).toMatchObject({
			sessionExpiry: 7,
			receiveMaximum: 1,
			topicAliasMaximum: 2,
			maximumQos: 1,
			retainAvailable: false,
			wildcardAvailable: false,
			identifiersAvailable: false,
			sharedAvailable: false,
			maximumPacketSize: 100,
			keepAlive: 5,
		});
		return client;
	};

	test.each([[false], [true]])("loses text, but no limit; byte by byte: %p", (cut) => {
		for (let length = 590; length < 650; length++) {
			grantedBehind(data(0x1a, "r".repeat(length)), { responseInformation: true }, cut); // propertySize and receiveSize are 640
			grantedBehind(user("n", "v".repeat(length)), { problemInformation: true }, cut);
		}
	});

	test.each([[false], [true]])("keeps all limits in the least memory; byte by byte: %p", (cut) => {
		const client = grantedBehind(data(0x12, "name"), { propertySize: 32, receiveSize: 1 }, cut);
		expect(client.limits?.assignedClientId).toBe(undefined);
	});

	describe("with authentication", () => {
		const simple = (method: string) => ({
			authentication: {
				method,
				begin: () => undefined,
				respond: () => {},
				finish: () => undefined,
			},
		});

		test.each([[false], [true]])("keeps method and limits behind text; byte by byte: %p", (cut) => {
			const method = "some method";
			for (let length = 560; length < 650; length++)
				grantedBehind(
					concat([user("n", "v".repeat(length)), data(0x15, method)]),
					{ ...simple(method), problemInformation: true },
					cut,
				);
		});

		test("keeps them in the least memory, and refuses less", () => {
			const method = "m".repeat(100);
			const least = 29 + 3 + 100 - 32;
			grantedBehind(data(0x15, method), { ...simple(method), propertySize: 32, receiveSize: least }, false);
			expect(() =>
				grantedBehind(
					data(0x15, method),
					{ ...simple(method), propertySize: 32, receiveSize: least - 1 },
					false,
				),
			).toThrow(`receiveSize is ${least - 1}: it must be a whole number from ${least} to`);
		});
	});
});
