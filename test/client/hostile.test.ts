// Whatever bytes the peer sends: a reason, a closed socket, never an exception, and then a new attempt.

import fc from "fast-check";
import { State } from "../../src/client.js";
import * as wire from "../../src/wire/reason.js";
import {
	concat,
	field,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	word,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

describe("[MQTT-3.3.1-4][MQTT-4.8.0-1] a malformed packet", () => {
	test.each([
		["type 0", packet(0x00), wire.PACKET_TYPE],
		["CONNECT", packet(0x10), wire.PACKET_TYPE],
		["SUBSCRIBE", packet(0x82, [0, 1]), wire.PACKET_TYPE],
		["UNSUBSCRIBE", packet(0xa2, [0, 1]), wire.PACKET_TYPE],
		["PINGREQ", packet(0xc0), wire.PACKET_TYPE],
		["DISCONNECT", packet(0xe0), wire.PACKET_TYPE],
		["type 15", packet(0xf0), wire.PACKET_TYPE],
		["PUBACK with flags", packet(0x41, word(1)), wire.RESERVED_FLAGS],
		["PUBREC with flags", packet(0x52, word(1)), wire.RESERVED_FLAGS],
		["PUBREL without its flag", packet(0x60, word(1)), wire.RESERVED_FLAGS],
		["PUBCOMP with flags", packet(0x7f, word(1)), wire.RESERVED_FLAGS],
		["PINGRESP with flags", packet(0xd8), wire.RESERVED_FLAGS],
		["UNSUBACK with flags", packet(0xb2, word(1)), wire.RESERVED_FLAGS],
		["PINGRESP with a body", packet(0xd0, [0]), wire.LENGTH],
		["PUBACK of 1 byte", packet(0x40, [0]), wire.LENGTH],
		["PUBACK of 3 bytes", packet(0x40, [0, 1, 0]), wire.LENGTH],
		["PUBACK of identifier 0", packet(0x40, word(0)), wire.IDENTIFIER_ZERO],
		["PUBREL of identifier 0", packet(0x62, word(0)), wire.IDENTIFIER_ZERO],
		[
			"a remaining length of five bytes",
			Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 1),
			wire.LENGTH_ENCODING,
		],
		["PUBLISH at QoS 3", packet(0x36, field("t"), word(1)), wire.QOS_3],
		["PUBLISH at QoS 0 with DUP", packet(0x38, field("t")), wire.DUP_QOS_0],
		["PUBLISH without a body", packet(0x30), wire.LENGTH],
		["PUBLISH with half a topic length", packet(0x30, [0]), wire.LENGTH],
		["PUBLISH with a topic beyond its end", packet(0x30, word(3), [0x61, 0x62]), wire.LENGTH],
		["PUBLISH at QoS 1 without identifier", packet(0x32, field("t")), wire.LENGTH],
		["PUBLISH at QoS 1 with half an identifier", packet(0x32, field("t"), [0]), wire.LENGTH],
		["PUBLISH at QoS 1 with identifier 0", packet(0x32, field("t"), word(0)), wire.IDENTIFIER_ZERO],
		["PUBLISH with an empty topic", packet(0x30, word(0), [1]), wire.TOPIC_EMPTY],
		["a topic that is no UTF-8", PUBLISH([0x61, 0xff], ""), wire.TOPIC_TEXT],
		["a topic with a surrogate", PUBLISH([0xed, 0xa0, 0x80], ""), wire.TOPIC_TEXT],
		["a topic with a null character", PUBLISH([0x61, 0], ""), wire.TOPIC_TEXT],
		["a topic with #", PUBLISH("a/#", ""), wire.TOPIC_WILDCARD],
		["a topic with +", PUBLISH("+", ""), wire.TOPIC_WILDCARD],
	])("%s closes with its reason", (_what, bytes, reason) => {
		const setup = connected();
		setup.peer.send(PUBLISH("t", "before"), bytes, PUBLISH("t", "after"));
		expect(setup.news()).toEqual(["message t=before", `disconnected ${reason}`]);
		expect(reason.fault).toBe("peer");
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.client.state).toBe(State.WAITING);
		setup.reconnect();
		expect(setup.news()).toEqual(["connected true"]);
	});

	test("is found byte by byte just the same", () => {
		const setup = connected();
		setup.peer.sendBytewise(packet(0x30, word(3), [0x61, 0x62]));
		expect(setup.news()).toEqual([`disconnected ${wire.LENGTH}`]);
	});

	test("a remaining length with needless bytes is let pass", () => {
		const setup = connected();
		setup.peer.send(Uint8Array.of(0xd0, 0x80, 0x80, 0x80, 0), PUBLISH("t", "x"));
		expect(setup.news()).toEqual(["message t=x"]);
	});
});

test("a topic that no filter equals is checked, although one begins alike", () => {
	const setup = connected();
	setup.client.subscribe("abcdefgh", 0, () => setup.log.push("handler"));
	setup.peer.send(PUBLISH([0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0xff], ""));
	expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_TEXT}`]);
});

test("stray acknowledgements of QoS 2 are answered, counted, and no reason to close", () => {
	const setup = connected();
	setup.client.publish("t", "x", 1);
	setup.peer.take();
	setup.peer.send(PUBREC(5), PUBREL(6), PUBCOMP(7), PUBREC(1), PUBACK(1));
	setup.peer.expect(PUBREL(5), PUBCOMP(6), PUBREL(1));
	expect(setup.client.statistics.strayAcknowledgements).toBe(4);
	expect(setup.news()).toEqual(["delivered 1"]);
});

test("a PINGRESP that nobody waits for is no fault", () => {
	const setup = connected();
	setup.peer.send(PINGRESP, PINGRESP);
	expect(setup.news()).toEqual([]);
});

describe("any bytes at all, cut anywhere", () => {
	const header = fc.constantFrom(0x20, 0x30, 0x31, 0x32, 0x3b, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0);
	const likely = fc
		.tuple(header, fc.uint8Array({ maxLength: 12 }))
		.map(([first, body]) => packet(first, body));
	const stream = fc.array(fc.oneof(likely, fc.uint8Array({ maxLength: 6 })), { maxLength: 6 }).map(concat);

	test.each([true, false])(
		"throw nothing, and leave a client that connects again (after CONNACK: %s)",
		(accepted) => {
			fc.assert(
				fc.property(stream, fc.array(fc.nat(60)), (bytes, cuts) => {
					const setup = accepted ? connected({ receiveSize: 4, topicSize: 8 }) : new Setup({ topicSize: 8 });
					if (!accepted) setup.peer.open();
					setup.client.publish("t", "held", 1);
					setup.peer.take();
					setup.peer.sendCut(
						bytes,
						cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b),
					);
					setup.reconnect(true);
					expect(setup.client.state).toBe(State.CONNECTED);
					setup.news();
					setup.peer.send(PUBLISH("t", "fine"));
					expect(setup.news().length).toBeGreaterThan(0);
				}),
				{ numRuns: 300 },
			);
		},
	);
});
