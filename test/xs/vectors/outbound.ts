// What an app calls, and the bytes that go to the broker, in hex.

import { type Client, NO_ROOM } from "../../../src/client.js";
import type { ClientOptions } from "../../../src/options.js";
import { HELD, INVALID, Sensor } from "../../../src/telemetry/sensor.js";
import { Status } from "../../../src/telemetry/status.js";
import { Topic } from "../../../src/wire/topic.js";
import { CONNACK, hex, PUBACK, PUBCOMP, PUBREC } from "../../support/packets.js";
import { connected, Setup } from "../../support/setup.js";
import { throws, type Vector } from "./vector.js";

/** CONNECT itself; identifiers begin with 1. */
function connect(
	name: string,
	options: Partial<ClientOptions>,
	wanted: string,
	prepare?: (client: Client) => void,
): Vector {
	return {
		name: `CONNECT ${name}`,
		wanted,
		run() {
			const setup = new Setup(options);
			prepare?.(setup.client);
			setup.peer.open();
			return hex(setup.peer.take());
		},
	};
}

/** What goes out, all that is written concatenated. */
function sends(
	name: string,
	wanted: string,
	call: (client: Client, setup: Setup) => void,
	options: Partial<ClientOptions> = {},
): Vector {
	return {
		name,
		wanted,
		run() {
			const setup = connected(options);
			call(setup.client, setup);
			return hex(setup.peer.take());
		},
	};
}

const hello = "68656c6c6f";

const connects: Vector[] = [
	connect("with defaults", {}, "100d00044d5154540400003c000163"),
	connect("clean, without keepalive", { clean: true, keepAlive: 0 }, "100d00044d51545404020000000163"),
	connect("with an empty identifier", { clean: true, clientId: "" }, "100c00044d5154540402003c0000"),
	connect(
		"with the device's own identifier",
		{ clientId: undefined },
		"101a00044d5154540400003c000e78732d6d7174742d633066666565",
	),
	connect("with keepalive, seconds rounded up", { keepAlive: 1001 }, "100d00044d51545404000002000163"),
	connect("with the longest keepalive", { keepAlive: 65_535_000 }, "100d00044d5154540400ffff000163"),
	connect("with user name", { username: "u" }, "101000044d5154540480003c000163000175"),
	connect("with password", { username: "u", password: "pw" }, "101400044d51545404c0003c00016300017500027077"),
	connect(
		"with a password of bytes",
		{ username: "ü", password: () => Uint8Array.of(0, 255) },
		"101500044d51545404c0003c0001630002c3bc000200ff",
	),
	connect("with will", {}, "101500044d5154540404003c0001630001770003627965", (client) => {
		client.will = { topic: "w", payload: "bye" };
	}),
	connect("with a retained will at QoS 2", {}, "101200044d5154540434003c0001630001770000", (client) => {
		client.will = { topic: "w", payload: "", qos: 2, retain: true };
	}),
	connect("with Status", {}, "101900044d515454042c003c00016300017300076f66666c696e65", (client) => {
		new Status(client, { topic: "s" });
	}),
];

const publishes: Vector[] = [
	sends("PUBLISH at QoS 0", `300a0003612f62${hello}`, (client) => client.publish("a/b", "hello")),
	sends("PUBLISH at QoS 0, retained", `310a0003612f62${hello}`, (client) =>
		client.publish(new Topic("a/b"), "hello", 0, true),
	),
	sends("PUBLISH at QoS 1", `320c0003612f620001${hello}`, (client) => client.publish("a/b", "hello", 1)),
	sends("PUBLISH at QoS 1, retained", "3306000161000178", (client) => client.publish("a", "x", 1, true)),
	sends("an empty payload", "3003000161310300016132050001610001", (client) => {
		client.publish("a", "");
		client.publish("a", new Uint8Array(0), 0, true);
		client.publish("a", "", 1);
	}),
	sends("text beyond ASCII, topic and payload", "300d0002c3bcc2b0e6b8a9f09f8ca1", (client) =>
		client.publish("ü", "°温🌡"),
	),
	sends("a lone surrogate becomes U+FFFD", "3006000174efbfbd", (client) => client.publish("t", "\ud800")),
	sends("bytes", "300500017400ff", (client) => client.publish("t", Uint8Array.of(0, 255))),
	sends("an ArrayBuffer", "300500017400ff", (client) => client.publish("t", Uint8Array.of(0, 255).buffer)),
	sends("a part of a buffer", "30050001740203", (client) =>
		client.publish("t", new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)),
	),
	sends(
		"the same again, then other lengths",
		"300400017431300400017432300500017433333003000174300400017434",
		(client) => {
			const topic = new Topic("t");
			client.publish(topic, Uint8Array.of(0x31));
			client.publish(topic, Uint8Array.of(0x32));
			client.publish(topic, Uint8Array.of(0x33, 0x33));
			client.publish(topic, new Uint8Array(0));
			client.publish(topic, Uint8Array.of(0x34));
		},
	),
	sends("a remaining length of 127", `307f000174${"61".repeat(124)}`, (client) =>
		client.publish("t", "a".repeat(124)),
	),
	sends("a remaining length of 128", `308001000174${"61".repeat(125)}`, (client) =>
		client.publish("t", "a".repeat(125)),
	),
	sends(
		"a remaining length of 16384",
		`30808001000174${"61".repeat(16_381)}`,
		(client) => client.publish("t", new Uint8Array(16_381).fill(0x61)),
		{ packetSize: 17_000, storeSize: 17_000 },
	),
	sends(
		"identifiers after 65535 begin with 1",
		"3205000174ffff32050001740001",
		(client) => {
			client.publish("t", "", 1);
			client.publish("t", "", 1);
		},
		{ random: () => 65_534 / 65_535 },
	),
	sends(
		"no more than the window",
		"3205000174000132050001740002",
		(client) => {
			for (let i = 0; i < 4; i++) client.publish("t", "", 1);
		},
		{ window: 2 },
	),
];

/** Publishes one byte to one topic. Answers what was sent since the last call, and the answer of publish. */
function publisher(setup: Setup, qos: 0 | 1 | 2): (byte: number) => string {
	const topic = new Topic("t");
	const payload = new Uint8Array(1);
	return (byte) => {
		payload[0] = byte;
		const answer = setup.client.publish(topic, payload, qos);
		payload[0] = 0x3f; // it is the app's again
		return `${hex(setup.peer.take())}=${answer}`;
	};
}

/** What an app does most: one message like the other, each when the one before it is done with. */
const repeats: Vector[] = [
	{
		name: "QoS 0, one after the other, as far as the socket has room",
		wanted: "0 0 0 300400017431300400017432 300400017433 0",
		run() {
			const setup = connected({}, { room: 13 });
			const { client, peer } = setup;
			const topic = new Topic("t");
			const answers = [0x31, 0x32, 0x33].map((byte) => client.publish(topic, Uint8Array.of(byte)));
			const first = hex(peer.socket.taken());
			return [...answers, first, hex(peer.take()), setup.place.overruns].join(" ");
		},
	},
	{
		name: "QoS 1, one after the other",
		wanted: "3206000174000131=1 3206000174000232=2 3206000174000333=3 delivered 1,delivered 2",
		run() {
			const setup = connected({ window: 1 });
			const publish = publisher(setup, 1);
			const first = publish(0x31);
			setup.peer.send(PUBACK(1));
			const second = publish(0x32);
			setup.peer.send(PUBACK(2));
			return [first, second, publish(0x33), setup.news()].join(" ");
		},
	},
	{
		name: "QoS 2, one after the other",
		wanted:
			"3406000174000131=1 62020001 3406000174000232=2 62020002 3406000174000333=3 delivered 1,delivered 2",
		run() {
			const setup = connected({ window: 1 });
			const { peer } = setup;
			const publish = publisher(setup, 2);
			const sent: string[] = [];
			for (const id of [1, 2]) {
				sent.push(publish(0x30 + id));
				peer.send(PUBREC(id));
				sent.push(hex(peer.take()));
				peer.send(PUBCOMP(id));
			}
			return [...sent, publish(0x33), setup.news()].join(" ");
		},
	},
	...([1, 2] as const).map(
		(qos): Vector => ({
			name: `QoS ${qos}, one after the other: the last one is held, and goes again`,
			wanted: `${qos === 1 ? "3a" : "3c"}06000174000232 ${qos === 1 ? "32" : "34"}06000174000232`,
			run() {
				const setup = connected();
				const publish = publisher(setup, qos);
				publish(0x31);
				setup.peer.send(...(qos === 1 ? [PUBACK(1)] : [PUBREC(1), PUBCOMP(1)]));
				publish(0x32);
				const again = hex(setup.reconnect(true).take());
				return `${again} ${hex(setup.reconnect(false).take())}`;
			},
		}),
	),
	{
		name: "QoS 1, one after the other: what waits is not overtaken",
		wanted: "3206000174000232 3206000174000333 3206000174000434",
		run() {
			const setup: Setup = connected({
				window: 1,
				onDelivered: (id) => {
					if (id === 2) setup.client.publish(topic, Uint8Array.of(0x34), 1);
				},
			});
			const topic = new Topic("t");
			const sent: string[] = [];
			setup.client.publish(topic, Uint8Array.of(0x31), 1);
			setup.peer.take();
			setup.peer.send(PUBACK(1));
			setup.client.publish(topic, Uint8Array.of(0x32), 1);
			setup.client.publish(topic, Uint8Array.of(0x33), 1);
			for (const id of [2, 3, 4]) {
				sent.push(hex(setup.peer.take()));
				setup.peer.send(PUBACK(id));
			}
			return sent.join(" ");
		},
	},
];

const others: Vector[] = [
	sends("SUBSCRIBE", "820800010003612f2301", (client) => client.subscribe("a/#", 1)),
	sends("UNSUBSCRIBE", "8206000100016100a2050002000161", (client) => {
		client.subscribe("a", 0);
		client.unsubscribe("a");
	}),
	sends("DISCONNECT", "e000", (client) => client.close()),
	sends("PINGREQ, when nothing else is said", "c000", (_client, setup) => setup.clock.advance(60_000)),
	sends("a Sensor's readings", "300a0003742f7032312e3533300a0003742f702d302e3530", (client) => {
		const sensor = new Sensor(client, { topic: "t/p", decimals: 2 });
		sensor.update(21.53);
		sensor.update(-0.5);
	}),
	sends("a Sensor's text for no number", "330800017400016e6f6e", (client) => {
		new Sensor(client, { topic: "t", qos: 1, retain: true, invalid: "non" }).update(Number.NaN);
	}),
	{
		name: "Status says online, and offline at close",
		wanted: "330b00017300016f6e6c696e65 / 330c00017300026f66666c696e65",
		run() {
			const setup = new Setup();
			new Status(setup.client, { topic: "s" });
			setup.peer.accept();
			const online = hex(setup.peer.take());
			setup.client.close();
			return `${online} / ${hex(setup.peer.take())}`;
		},
	},
	{
		name: "what is unacknowledged goes again with DUP, in order, with the same identifiers",
		wanted: "3a060001740001313a060001740002323206000174000333",
		run() {
			const setup = connected({ window: 2 });
			for (const payload of ["1", "2", "3"]) setup.client.publish("t", payload, 1);
			setup.reconnect(true);
			const first = hex(setup.peer.take());
			setup.peer.send(Uint8Array.of(0x40, 2, 0, 1));
			return first + hex(setup.peer.take());
		},
	},
	{
		name: "a Sensor's own packet, acknowledged and used again, takes its place in the order",
		wanted: "3a060001740002313a06000173000332",
		run() {
			const setup = connected();
			const sensor = new Sensor(setup.client, { topic: "s", qos: 1 });
			sensor.update(1);
			setup.client.publish("t", "1", 1);
			setup.peer.send(Uint8Array.of(0x40, 2, 0, 1));
			sensor.update(2);
			return hex(setup.reconnect(true).take());
		},
	},
	{
		name: "to a broker without a session it goes as new",
		wanted: "82060001000173013206000174000231",
		run() {
			const setup = connected();
			setup.client.subscribe("s", 1);
			setup.client.publish("t", "1", 1);
			setup.peer.take();
			setup.peer.fail();
			setup.redial();
			setup.peer.open();
			setup.peer.take();
			setup.peer.send(CONNACK(false));
			// The SUBSCRIBE gets another identifier, as 1 was its last one and 2 is the message's.
			return hex(setup.peer.take()).replace("82060003", "82060001");
		},
	},
	{
		name: "publish answers with the identifier, 0, or why not",
		wanted: `0 1 2 ${NO_ROOM} 0`,
		run() {
			// What goes at once at QoS 0 needs no room.
			const { client } = connected({ storeSize: 32 });
			return [0, 1, 1, 1, 0].map((qos) => client.publish("t", "x", qos as 0 | 1)).join(" ");
		},
	},
	{
		name: "Sensor.update answers with the identifier, or why not",
		wanted: `1 ${HELD} ${INVALID} ${INVALID} 2`,
		run() {
			const sensor = new Sensor(connected().client, { topic: "t", decimals: 1, qos: 1, deadband: 0.5 });
			// The second goes out of the slot that the first still has: it waits, so 2 is its identifier.
			return (
				[20, 20.4, Number.NaN, 1e21].map((value) => sensor.update(value)).join(" ") +
				(sensor.value === 20.4 ? " 2" : "")
			);
		},
	},
];

const bare = () => connected().client;

const refused: Vector[] = [
	throws("a wildcard in a topic name", "RangeError", "wildcard", () => bare().publish("a/+", "")),
	throws("an empty topic name", "RangeError", "empty", () => bare().publish("", "")),
	throws("a null character in a topic name", "RangeError", "null character", () => bare().publish("a\0", "")),
	throws("a lone surrogate in a topic name", "RangeError", "lone surrogate", () =>
		bare().publish("\udc00", ""),
	),
	throws("QoS 3", "RangeError", "0, 1 or 2", () => bare().publish("t", "", 3 as never)),
	throws("a payload that never fits", "RangeError", "raise storeSize", () =>
		bare().publish("t", "x".repeat(2038)),
	),
	throws("a payload of another type", "TypeError", "payload is 5", () => bare().publish("t", 5 as never)),
	throws("a filter with # in its midst", "RangeError", "4.7.1", () => bare().subscribe("a/#/b", 0)),
	throws("one more subscription than there is room", "RangeError", "raise the option subscriptions", () => {
		const { client } = connected({ subscriptions: 1 });
		client.subscribe("a", 0);
		client.subscribe("b", 0);
	}),
	throws("no host", "TypeError", "host is", () => new Setup({ host: "" })),
	throws("a password without user name", "RangeError", "3.1.2.9", () => new Setup({ password: "x" })),
	throws("an empty identifier without clean", "RangeError", "3.1.3.1", () => new Setup({ clientId: "" })),
	throws("a window beyond the table", "RangeError", "1 to 256", () => new Setup({ window: 257 })),
];

export const outboundVectors: readonly Vector[] = [
	...connects,
	...publishes,
	...repeats,
	...others,
	...refused,
];
