// What the broker sends, and what the app and the broker then hear.

import type { ClientOptions } from "../../../src/options.js";
import * as reasons from "../../../src/reasons.js";
import * as wire from "../../../src/wire/reason.js";
import {
	CONNACK,
	concat,
	field,
	hex,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	SUBACK,
	UNSUBACK,
	word,
} from "../../support/packets.js";
import { connected, Setup, show } from "../../support/setup.js";
import type { Vector } from "./vector.js";

const names = new Map<string, string>();
for (const [name, value] of [...Object.entries(wire), ...Object.entries(reasons)])
	if (value instanceof wire.Reason) names.set(value.message, name);

/** A diary with reasons by name. */
function diary(setup: Setup): string[] {
	return setup.news().map((line) => {
		for (const [message, name] of names) if (line.endsWith(message)) return line.replace(message, name);
		return line;
	});
}

function listener(options: Partial<ClientOptions>): Setup {
	const setup = connected(options);
	const { client, log } = setup;
	client.subscribe("exact/topic", 1, (message) => log.push(`exact ${show(message)}`));
	client.subscribe("wild/+/x", 1, (message) => log.push(`plus ${show(message)}`));
	client.subscribe("wild/all/#", 1, (message) => log.push(`hash ${show(message)}`));
	client.publish("t", "1", 1);
	setup.peer.take();
	setup.news();
	return setup;
}

/** Callbacks, then what was sent. */
function outcome(bytes: Uint8Array, size: number, options: Partial<ClientOptions>): string {
	const setup = listener(options);
	for (let at = 0; at < bytes.length && !setup.peer.socket.closed; at += size)
		setup.peer.send(bytes.slice(at, at + size));
	const sent = setup.peer.socket.closed ? "" : hex(setup.peer.take());
	return [...diary(setup), ...(sent === "" ? [] : [`sent ${sent}`])].join("\n");
}

/** Arrives at once and in pieces of 1, 2, 3 and 7 bytes, which must make no difference. */
function inbound(
	name: string,
	bytes: Uint8Array,
	lines: string[],
	options: Partial<ClientOptions> = {},
): Vector {
	return {
		name,
		wanted: lines.join("\n"),
		run() {
			const whole = outcome(bytes, bytes.length, options);
			for (const size of [1, 2, 3, 7]) {
				const cut = outcome(bytes, size, options);
				if (cut !== whole) return `${whole}\nin pieces of ${size}:\n${cut}`;
			}
			return whole;
		},
	};
}

// The client above has the identifiers 1 to 3 for its subscriptions, in this order, and 4 for its message.
const received: Vector[] = [
	inbound("QoS 0 without payload", PUBLISH("t", ""), ["message t="]),
	inbound("QoS 0 with payload", PUBLISH("t", "hello"), ["message t=hello"]),
	inbound("QoS 0, retained", PUBLISH("t", "x", { retain: true }), ["message t=x retain"]),
	inbound("QoS 1 is acknowledged", PUBLISH("t", "x", { qos: 1, id: 0x1234 }), [
		"message t=x qos1",
		"sent 40021234",
	]),
	inbound(
		"QoS 1 again, retained, largest identifier",
		PUBLISH("t", "x", { qos: 1, id: 65_535, dup: true, retain: true }),
		["message t=x qos1 retain dup", "sent 4002ffff"],
	),
	inbound("QoS 1 without payload", PUBLISH("t", "", { qos: 1, id: 256 }), [
		"message t= qos1",
		"sent 40020100",
	]),
	inbound("a handler by the exact topic", PUBLISH("exact/topic", "1"), ["exact exact/topic=1"]),
	inbound("no handler for a topic that goes on", PUBLISH("exact/topics", "1"), ["message exact/topics=1"]),
	inbound("no handler for a topic that ends early", PUBLISH("exact/topi", "1"), ["message exact/topi=1"]),
	inbound("a handler by +", PUBLISH("wild/1/x", "1"), ["plus wild/1/x=1"]),
	inbound("a handler by + for an empty level", PUBLISH("wild//x", "1"), ["plus wild//x=1"]),
	inbound("a handler by #", PUBLISH("wild/all/a/b", "1"), ["hash wild/all/a/b=1"]),
	inbound("a handler by # for its parent", PUBLISH("wild/all", "1"), ["hash wild/all=1"]),
	inbound("the handlers of two filters", PUBLISH("wild/all/x", "1"), [
		"plus wild/all/x=1",
		"hash wild/all/x=1",
	]),
	inbound("text beyond ASCII", PUBLISH("küche/温度/🌡", "21 °C 🌡"), ["message küche/温度/🌡=21 °C 🌡"]),
	inbound("a byte order mark is a character", PUBLISH("t", "\ufeffx"), ["message t=\ufeffx"]),
	inbound("a topic of one slash", PUBLISH("/", "x"), ["message /=x"]),
	inbound("a topic of exactly topicSize", PUBLISH("x".repeat(128), "1"), [`message ${"x".repeat(128)}=1`]),
	inbound("a topic longer than topicSize", PUBLISH("x".repeat(129), "1"), ["dropped 0 TOPIC_TOO_LONG"]),
	inbound(
		"a topic longer than topicSize is acknowledged",
		concat([PUBLISH("x".repeat(300), "1", { qos: 1, id: 7 }), PUBLISH("t", "x")]),
		["dropped 7 TOPIC_TOO_LONG", "message t=x", "sent 40020007"],
	),
	inbound("a remaining length of two bytes", PUBLISH("t", "y".repeat(300)), [`message t=${"y".repeat(300)}`]),
	inbound(
		"a payload in parts, acknowledged once",
		PUBLISH("t", "abcdefghij", { qos: 1, id: 5 }),
		["message t=abcd 0/10 qos1", "message t=efgh 4/10 qos1", "message t=ij 8/10 qos1", "sent 40020005"],
		{ receiveSize: 4 },
	),
	inbound(
		"many in one go",
		concat([PUBLISH("a", "1"), PUBLISH("b", ""), PINGRESP, PUBLISH("exact/topic", "3")]),
		["message a=1", "message b=", "exact exact/topic=3"],
	),
	inbound("PUBACK delivers, and a second one does not", concat([PUBACK(4), PUBACK(4)]), ["delivered 4"]),
	inbound("PUBACK for another is ignored", PUBACK(9), []),
	inbound("PUBACK for a SUBSCRIBE is ignored", PUBACK(1), []),
	inbound("SUBACK grants", concat([SUBACK(1, 1), SUBACK(2, 0), SUBACK(3, 2)]), [
		"subscribed exact/topic 1",
		"subscribed wild/+/x 0",
		"subscribed wild/all/# 2",
	]),
	inbound("SUBACK refuses", SUBACK(2, 0x80), ["subscribed wild/+/x 128"]),
	inbound("SUBACK for another is ignored", concat([SUBACK(9, 1), SUBACK(4, 1)]), []),
	inbound("UNSUBACK for another is ignored", UNSUBACK(1), []),
	inbound(
		"QoS 2, again before its release, and anew behind it",
		concat([
			PUBLISH("t", "1", { qos: 2, id: 7 }),
			PUBLISH("t", "1", { qos: 2, id: 7, dup: true }),
			PUBREL(7),
			PUBLISH("t", "2", { qos: 2, id: 7 }),
		]),
		["message t=1 qos2", "message t=2 qos2", "sent 50020007500200077002000750020007"],
	),
	inbound("stray acknowledgements of QoS 2 are answered", concat([PUBREC(9), PUBREL(8), PUBCOMP(7)]), [
		"sent 6202000970020008",
	]),
	inbound("PINGRESP that nobody waits for", PINGRESP, []),
	inbound(
		"a remaining length with needless bytes",
		concat([[0xd0, 0x80, 0x80, 0x80, 0], PUBLISH("t", "x")]),
		["message t=x"],
	),
];

/** What stands before is taken, the rest is not looked at. */
function malformed(name: string, bytes: Uint8Array | number[], reason: string): Vector {
	return inbound(
		`${name} closes with ${reason}`,
		concat([PUBLISH("t", "before"), bytes, PUBLISH("t", "after")]),
		["message t=before", `disconnected ${reason}`],
	);
}

const broken: Vector[] = [
	malformed("type 0", packet(0x00), "PACKET_TYPE"),
	malformed("CONNECT", packet(0x10), "PACKET_TYPE"),
	malformed("SUBSCRIBE", packet(0x82, [0, 1]), "PACKET_TYPE"),
	malformed("UNSUBSCRIBE", packet(0xa2, [0, 1]), "PACKET_TYPE"),
	malformed("PINGREQ", packet(0xc0), "PACKET_TYPE"),
	malformed("DISCONNECT", packet(0xe0), "PACKET_TYPE"),
	malformed("type 15", packet(0xf0), "PACKET_TYPE"),
	...[0x2f, 0x41, 0x52, 0x60, 0x63, 0x7f, 0x92, 0xb2, 0xd8].map((first) =>
		malformed(`a first byte of ${first.toString(16)}`, packet(first, word(1)), "RESERVED_FLAGS"),
	),
	malformed("PINGRESP with a body", packet(0xd0, [0]), "LENGTH"),
	...[0x40, 0x50, 0x62, 0x70, 0xb0, 0x20].flatMap((first) => [
		malformed(`${first.toString(16)} without body`, packet(first), "LENGTH"),
		malformed(`${first.toString(16)} of 1 byte`, packet(first, [0]), "LENGTH"),
		malformed(`${first.toString(16)} of 3 bytes`, packet(first, [0, 1, 0]), "LENGTH"),
	]),
	...[0x40, 0x50, 0x62, 0x70, 0xb0].map((first) =>
		malformed(`${first.toString(16)} of identifier 0`, packet(first, word(0)), "IDENTIFIER_ZERO"),
	),
	malformed("SUBACK without code", packet(0x90, word(1)), "LENGTH"),
	malformed("SUBACK of two codes", packet(0x90, word(1), [0, 0]), "SUBACK_CODES"),
	malformed("SUBACK of identifier 0", packet(0x90, word(0), [0]), "IDENTIFIER_ZERO"),
	malformed("SUBACK of code 3", packet(0x90, word(1), [3]), "SUBACK_CODE"),
	malformed("SUBACK of code 0x81", packet(0x90, word(1), [0x81]), "SUBACK_CODE"),
	malformed("a length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 1], "LENGTH_ENCODING"),
	malformed("PUBLISH at QoS 3", packet(0x36, field("t"), word(1)), "QOS_3"),
	malformed("PUBLISH at QoS 0 with DUP", packet(0x38, field("t")), "DUP_QOS_0"),
	malformed("PUBLISH without body", packet(0x30), "LENGTH"),
	malformed("PUBLISH with half a topic length", packet(0x30, [0]), "LENGTH"),
	malformed("PUBLISH with a topic beyond its end", packet(0x30, word(3), [0x61, 0x62]), "LENGTH"),
	malformed("PUBLISH at QoS 1 without identifier", packet(0x32, field("t")), "LENGTH"),
	malformed("PUBLISH at QoS 1 with half an identifier", packet(0x32, field("t"), [0]), "LENGTH"),
	malformed("PUBLISH at QoS 1 with identifier 0", PUBLISH("t", "", { qos: 1, id: 0 }), "IDENTIFIER_ZERO"),
	malformed("PUBLISH with an empty topic", packet(0x30, word(0), [1]), "TOPIC_EMPTY"),
	malformed("a topic with a null character", PUBLISH([0x61, 0], ""), "TOPIC_TEXT"),
	malformed("a topic of an overlong character", PUBLISH([0xc0, 0xaf], ""), "TOPIC_TEXT"),
	malformed("a topic of an overlong null character", PUBLISH([0xc0, 0x80], ""), "TOPIC_TEXT"),
	malformed("a topic with a surrogate", PUBLISH([0xed, 0xa0, 0x80], ""), "TOPIC_TEXT"),
	malformed("a topic beyond Unicode", PUBLISH([0xf4, 0x90, 0x80, 0x80], ""), "TOPIC_TEXT"),
	malformed("a topic that ends in a character", PUBLISH([0x61, 0xe2, 0x82], ""), "TOPIC_TEXT"),
	malformed("a topic nearly a filter", PUBLISH([0x65, 0x78, 0x61, 0x63, 0x74, 0x2f, 0xff], ""), "TOPIC_TEXT"),
	malformed("a topic with +", PUBLISH("wild/+/x", ""), "TOPIC_WILDCARD"),
	malformed("a topic with #", PUBLISH("a/#", ""), "TOPIC_WILDCARD"),
	malformed("a second CONNACK", CONNACK(), "SECOND_CONNACK"),
	malformed("CONNACK with reserved flags", packet(0x20, [2, 0]), "CONNACK_FLAGS"),
	malformed("CONNACK with a reserved code", packet(0x20, [0, 6]), "CONNACK_CODE"),
	malformed("CONNACK that refuses a present session", packet(0x20, [1, 5]), "CONNACK_SESSION"),
];

/** The first that the broker sends. */
function answered(name: string, bytes: Uint8Array, lines: string[]): Vector {
	return {
		name: `after CONNECT: ${name}`,
		wanted: lines.join("\n"),
		run() {
			const whole = new Setup();
			whole.peer.open();
			whole.peer.send(bytes);
			const bytewise = new Setup();
			bytewise.peer.open();
			for (const byte of bytes) if (!bytewise.peer.socket.closed) bytewise.peer.send(Uint8Array.of(byte));
			const lines = diary(whole).join("\n");
			const cut = diary(bytewise).join("\n");
			return cut === lines ? lines : `${lines}\nbyte by byte:\n${cut}`;
		},
	};
}

const firsts: Vector[] = [
	answered("accepted", CONNACK(), ["connected false"]),
	answered("accepted, with a session", CONNACK(true), ["connected true"]),
	...["PROTOCOL", "IDENTIFIER", "UNAVAILABLE", "CREDENTIALS", "AUTHORIZATION"].map((what, i) =>
		answered(`refused with code ${i + 1}`, CONNACK(false, i + 1), [`disconnected REFUSED_${what}`]),
	),
	answered("a reserved code", CONNACK(false, 6), ["disconnected CONNACK_CODE"]),
	answered("a refusal with a session", CONNACK(true, 1), ["disconnected CONNACK_SESSION"]),
	answered("PUBLISH", PUBLISH("t", "x"), ["disconnected NOT_YET_CONNECTED"]),
	answered("PUBLISH of a topic too long", PUBLISH("t".repeat(200), "x"), ["disconnected NOT_YET_CONNECTED"]),
	answered("PUBACK", PUBACK(1), ["disconnected NOT_YET_CONNECTED"]),
	answered("SUBACK", SUBACK(1, 0), ["disconnected NOT_YET_CONNECTED"]),
	answered("PINGRESP", PINGRESP, ["disconnected NOT_YET_CONNECTED"]),
	answered("another protocol", concat(["H", "T", "T", "P"].map((c) => [c.charCodeAt(0)])), [
		"disconnected NOT_YET_CONNECTED",
	]),
];

export const inboundVectors: readonly Vector[] = [...received, ...broken, ...firsts];
