// What receiving in MQTT 5.0 allocates, on a socket in memory: a client a case, a thousand operations each. With aliases,
// subscription identifiers, properties.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { type ClientOptions, type Message, type MessageHandler, Topic } from "../../../src/index.js";
import { encodeField } from "../../../src/wire/topic.js";
import { PUBACK, PUBREC, PUBREL, packet } from "../../support/packets.js";
import {
	ACKNOWLEDGEMENT5,
	byte,
	CONNACK5,
	data,
	number,
	PUBLISH5,
	two,
	user,
} from "../../support/packets5.js";
import { type Allocated, allocated } from "./heap.js";
import { Line } from "./line.js";

const { count } = config as { count: number };
const found: Record<string, Allocated> = {};
let calls = 0;
const called = () => {
	calls++;
};
const NAME = encodeField("name", "unit");

/** Reads all that can be read without garbage. */
const looks = (message: Message) => {
	const { properties } = message;
	if (properties === undefined || properties.truncated || properties.length < 1)
		throw new Error("no properties");
	for (properties.rewind(); properties.next(); ) if (properties.nameIs(NAME)) calls++;
	if (properties.number(0x01) !== 1 || properties.number(0x02) !== -1) throw new Error("wrong properties");
	if (properties.locate(0x03) < 0 || properties.foundLength !== 10) throw new Error("no content type");
};

/** Subscribes to the filters, which the broker grants; their identifiers, 0: none. */
function identifiersOf(line: Line, filters: readonly string[], handler: MessageHandler): number[] {
	const identifiers: number[] = filters.map(() => 0);
	const fields = filters.map((filter) => encodeField("filter", filter));
	for (const filter of filters) line.client.subscribe(filter, 1, handler);
	for (let sent = line.take(); sent.length > 0; sent = line.take())
		for (let at = 0; at < sent.length; ) {
			// SUBSCRIBE for one filter: type, length, packet identifier, properties, filter, options.
			const end = at + 2 + sent[at + 1];
			const behind = at + 5 + sent[at + 4];
			let identifier = 0;
			for (let i = at + 6, scale = 1; i < behind; i++, scale *= 128) identifier += (sent[i] & 127) * scale;
			const which = fields.findIndex(
				(field) => field.length === end - 1 - behind && field.every((byte, i) => byte === sent[behind + i]),
			);
			if (which < 0) throw new Error("a SUBSCRIBE for something else");
			identifiers[which] = identifier;
			line.feed(packet(0x90, sent.slice(at + 2, at + 4), [0, 1]));
			at = end;
		}
	return identifiers;
}

/** Hears these packets, an operation each round; `least` calls an operation. */
function hears(
	name: string,
	options: Partial<ClientOptions>,
	filters: readonly string[],
	make: (identifiers: readonly number[]) => Uint8Array[],
	least: number,
	handler: MessageHandler = called,
	size = 65_536,
): void {
	const line = new Line(Pipe, { protocolVersion: 5, onMessage: called, onDropped: called, ...options });
	line.pipe.open();
	line.take();
	line.feed(CONNACK5());
	const pieces: Uint8Array[] = [];
	for (const each of make(identifiersOf(line, filters, handler)))
		for (let at = 0; at < each.length; at += size) pieces.push(each.slice(at, at + size));
	calls = 0;
	found[name] = allocated(count, () => {
		for (let i = 0; i < pieces.length; i++) line.feed(pieces[i]);
	});
	if (line.sockets > 1) throw new Error(`${name}: the connection was lost`);
	if (calls < count * least) throw new Error(`${name}: only ${calls} calls`);
}

const alias = (value: number) => two(0x23, value);
const TWO = [user("unit", "C"), user("place", "kitchen")];
const RICH = [byte(0x01, 1), data(0x03, "text/plain"), ...TWO];
const wild = ["home/+/temperature", "home/#"];
const TOPIC = "home/kitchen/temperature";

for (const qos of [0, 1, 2] as const) {
	const packets = (publish: Uint8Array) => (qos < 2 ? [publish] : [publish, PUBREL(7)]);
	const options = { qos, id: 7 };
	hears(`receive QoS ${qos}`, {}, [TOPIC], () => packets(PUBLISH5(TOPIC, "21.53", [], options)), 1);
	hears(
		`receive QoS ${qos} with two user properties`,
		{},
		[TOPIC],
		() => packets(PUBLISH5(TOPIC, "21.53", TWO, options)),
		1,
	);
	hears(
		`receive QoS ${qos}, and look at properties`,
		{},
		[TOPIC],
		() => packets(PUBLISH5(TOPIC, "21.53", RICH, options)),
		1,
		looks,
	);
	for (const topic of [TOPIC, "home/x"])
		hears(
			`receive QoS ${qos} under an alias for ${topic}`,
			{ aliases: 4 },
			[TOPIC, "home/+"],
			() => [
				...packets(PUBLISH5(topic, "21.53", [alias(2)], options)),
				...packets(PUBLISH5("", "21.54", [alias(2)], options)),
			],
			2,
		);
	hears(
		`receive QoS ${qos} with one identifier`,
		{},
		wild,
		(identifiers) => packets(PUBLISH5(TOPIC, "21.53", [number(0x0b, identifiers[0])], options)),
		1,
	);
	hears(
		`receive QoS ${qos} with two identifiers, in turn with others`,
		{},
		wild,
		([one, two]) => [
			...packets(PUBLISH5(TOPIC, "21.53", [number(0x0b, one), number(0x0b, two)], options)),
			...packets(PUBLISH5("home/attic", "1", [number(0x0b, two)], options)),
			...packets(PUBLISH5(TOPIC, "21.53", [number(0x0b, two)], options)),
			...packets(PUBLISH5("elsewhere", "1", [number(0x0b, 7)], options)),
			...packets(PUBLISH5(TOPIC, "21.53", [], options)),
		],
		7,
	);
}
hears(
	"aliases of the same length in turn, set anew",
	{ aliases: 4 },
	["a/+", "+/b"],
	() => [
		PUBLISH5("a/x", "1", [alias(1)]),
		PUBLISH5("y/b", "2", [alias(2)]),
		PUBLISH5("", "1", [alias(1)]),
		PUBLISH5("", "2", [alias(2)]),
		PUBLISH5("y/b", "2", [alias(1)]),
		PUBLISH5("", "1", [alias(1)]),
	],
	6,
);
hears(
	"an alias of a topic name that is too long",
	{ aliases: 1, topicSize: 8 },
	[],
	() => [PUBLISH5("longer/than/8", "1", [alias(1)], { qos: 1, id: 7 }), PUBLISH5("", "1", [alias(1)])],
	2,
);
hears(
	"byte by byte, under an alias, with an identifier and properties",
	{ aliases: 1 },
	["home/+"],
	([one]) => [
		PUBLISH5("home/x", "1", [alias(1), number(0x0b, one), ...TWO]),
		PUBLISH5("", "1", [...TWO, number(0x0b, one), alias(1)]),
	],
	2,
	called,
	1,
);
hears(
	"in parts, with properties",
	{ receiveSize: 16 },
	["home/+"],
	([one]) => [PUBLISH5("home/x", "0123456789012345678901234567890123456789", [number(0x0b, one), ...RICH])],
	3,
	looks,
);
hears(
	"properties that do not fit",
	{ propertySize: 32 },
	["home/+"],
	([one]) => [
		PUBLISH5("home/x", "1", [user("name", "more than thirty-two bytes in all"), number(0x0b, one)]),
	],
	1,
);
hears(
	"a shared subscription",
	{},
	["$share/group/home/+"],
	([one]) => [PUBLISH5("home/x", "1", [number(0x0b, one)])],
	1,
);
hears(
	"acknowledgements of nothing, with codes and without",
	{ problemInformation: true },
	["a"],
	() => [
		PUBACK(9),
		PUBREC(9),
		PUBREL(9),
		ACKNOWLEDGEMENT5(4, 9, 0x10),
		ACKNOWLEDGEMENT5(5, 9, 0x97, [data(0x1f, "quota"), ...TWO]),
		ACKNOWLEDGEMENT5(6, 9, 0x92),
		ACKNOWLEDGEMENT5(7, 9, 0x92),
	],
	0,
);

/** Publishes, and hears these answers, each with the packet identifier of what was sent last. */
function answered(name: string, qos: 1 | 2, answers: Uint8Array[], repeats = false): void {
	const line = new Line(Pipe, { protocolVersion: 5, onDelivered: called, onDropped: called });
	line.pipe.open();
	line.take();
	line.feed(CONNACK5());
	const topic = new Topic("t");
	const payload = Uint8Array.of(1);
	calls = 0;
	found[name] = allocated(count, () => {
		let id = line.client.publish(topic, payload, qos);
		for (let i = 0; i < answers.length; i++) {
			const answer = answers[i];
			answer[2] = id >> 8;
			answer[3] = id;
			line.feed(answer);
			// It went again, under the next identifier.
			if (repeats) id = id === 65_535 ? 1 : id + 1;
		}
	});
	if (line.sockets > 1 || line.client.held > 0) throw new Error(`${name}: ${line.client.held} are held`);
	if (calls < count) throw new Error(`${name}: only ${calls} calls`);
}
const [BACK, REC, COMP] = [4, 5, 7];
answered("publish QoS 1, which nobody takes", 1, [ACKNOWLEDGEMENT5(BACK, 1, 0x10)]);
answered("publish QoS 1, which is refused", 1, [ACKNOWLEDGEMENT5(BACK, 1, 0x87)]);
answered("publish QoS 2, which is refused", 2, [ACKNOWLEDGEMENT5(REC, 1, 0x97)]);
answered("publish QoS 2, which ends with a code", 2, [
	ACKNOWLEDGEMENT5(REC, 1, 0x10),
	ACKNOWLEDGEMENT5(COMP, 1, 0x92),
]);
answered("publish QoS 1, whose identifier is in use", 1, [ACKNOWLEDGEMENT5(BACK, 1, 0x91), PUBACK(1)], true);

engine.report(JSON.stringify(found));
engine.exit(0);
