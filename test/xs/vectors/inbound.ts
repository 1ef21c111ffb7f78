// What the broker sends, and what the app and the broker then hear.

import type { ClientOptions } from "../../../src/connection/options.js";
import * as reasons from "../../../src/connection/reasons.js";
import * as wire from "../../../src/wire/reason.js";
import {
	CONNACK,
	concat,
	hex,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	UNSUBACK,
} from "../../support/packets.js";
import { connected, Setup, show } from "../../support/setup.js";
import { corpus } from "../fuzz/corpus.js";
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
	inbound("a payload that is not UTF-8", PUBLISH("t", [0x32, 0xff, 0xc3, 0x28], { retain: true }), [
		"message t=2\ufffd\ufffd( retain",
	]),
	inbound("null characters in a payload", PUBLISH("exact/topic", "\0x\0\0y\0"), [
		"exact exact/topic=\0x\0\0y\0",
	]),
	inbound("null characters beside what is not UTF-8", PUBLISH("t", [0, 0xed, 0xa0, 0x80, 0, 0xc0, 0x80]), [
		"message t=\0\ufffd\ufffd\ufffd\0\ufffd\ufffd",
	]),
	inbound(
		"a character cut between two parts is U+FFFD in both",
		PUBLISH("t", "abc°def"),
		["message t=abc\ufffd 0/8", "message t=\ufffddef 4/8"],
		{ receiveSize: 4 },
	),
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

const broken: Vector[] = corpus.map(({ name, bytes, reason }) => malformed(name, bytes, reason));

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
