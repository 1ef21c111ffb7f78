// The option pipelining: what waits goes together with CONNECT (section 3.1.4).

import { NO_ROOM, State } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import * as reasons from "../../src/connection/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { judge } from "../support/judge.js";
import {
	CONNACK,
	DISCONNECT,
	field,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	SUBACK,
	SUBSCRIBE,
	word,
} from "../support/packets.js";
import { Setup } from "../support/setup.js";
import type { Quirks } from "../support/socket.js";
import { padded } from "../support/store.js";

const CONNECT = packet(0x10, field("MQTT"), [4, 0, 0, 60], field("c"));

function pipelining(options: Partial<ClientOptions> = {}, quirks: Quirks = {}): Setup {
	return new Setup({ pipelining: true, ...options }, quirks);
}

/** Accepts, and the messages that were told of are forgotten. */
function connack(setup: Setup, sessionPresent = false): void {
	setup.peer.send(CONNACK(sessionPresent));
	setup.news();
}

test("[MQTT-3.1.0-1] without it CONNECT goes alone", () => {
	const setup = new Setup();
	setup.client.subscribe("s", 1);
	setup.client.publish("t", "x", 1);
	setup.peer.open();
	setup.peer.expect(CONNECT);
});

test("with nothing to send, CONNECT goes alone", () => {
	const setup = pipelining();
	setup.peer.open();
	expect(setup.peer.writes).toEqual([CONNECT]);
});

test.each([true, false])("all goes in one write, and nothing of it twice; session %s", (session) => {
	const setup = pipelining();
	setup.client.publish("a", "1", 1);
	setup.client.subscribe(["s", "u"], 1);
	setup.client.publish("b", "2", 0);
	setup.client.publish("c", "3", 2, true);
	setup.peer.open();
	expect(setup.peer.writes.length).toBe(1);
	setup.peer.expect(
		CONNECT,
		packet(0x82, word(3), field("s"), [1], field("u"), [1]),
		PUBLISH("a", "1", { qos: 1, id: 1 }),
		PUBLISH("b", "2"),
		PUBLISH("c", "3", { qos: 2, id: 2, retain: true }),
	);
	connack(setup, session);
	setup.peer.expect();
	setup.peer.send(packet(0x90, word(3), [1, 0x80]), PUBACK(1), PUBREC(2), PUBCOMP(2));
	setup.peer.expect(PUBREL(2));
	expect(setup.news()).toEqual(["subscribed s 1", "subscribed u 128", "delivered 1", "delivered 2"]);
	setup.client.publish("d", "");
	setup.peer.expect(PUBLISH("d", ""));
	setup.clock.advance(20_000);
	setup.peer.expect();
	expect(setup.client.statistics).toMatchObject({ disconnects: 0, resent: 0, strayAcknowledgements: 0 });
});

test("[MQTT-3.1.0-1] what comes while CONNACK is awaited goes after it", () => {
	const setup = pipelining();
	setup.peer.open();
	setup.client.publish("a", "", 1);
	setup.client.subscribe("s", 0);
	setup.peer.expect(CONNECT);
	connack(setup);
	setup.peer.expect(SUBSCRIBE(2, "s", 0), PUBLISH("a", "", { qos: 1, id: 1 }));
});

test("no more than the window allows", () => {
	const setup = pipelining({ window: 2 });
	for (let i = 1; i < 5; i++) setup.client.publish("t", `${i}`, 1);
	setup.client.publish("behind", "");
	const sent = (id: number) => PUBLISH("t", `${id}`, { qos: 1, id });
	setup.peer.open();
	setup.peer.expect(CONNECT, sent(1), sent(2));
	setup.peer.send(CONNACK(), PUBACK(1));
	setup.peer.expect(sent(3));
	setup.peer.send(PUBACK(2), PUBACK(3));
	setup.peer.expect(sent(4), PUBLISH("behind", ""));
});

test.each([1460, 1459, 800, 30])("no more than a segment, and the socket's room of %d", (room) => {
	const setup = pipelining({ storeSize: 10 * 256 }, { room });
	const message = PUBLISH("t", "x".repeat(242));
	for (let i = 0; i < 10; i++) setup.client.publish("t", "x".repeat(242));
	setup.peer.open();
	const [first] = setup.peer.writes;
	expect(first.length).toBe(
		CONNECT.length + Math.floor((room - CONNECT.length) / message.length) * message.length,
	);
	if (room === 30) return;
	setup.peer.take();
	connack(setup);
	expect(judge(setup.peer.take()).length).toBe(10 - judge(first).length + 1);
});

test("to the last byte of a segment, and not one more", () => {
	for (const [more, count] of [
		[0, 1],
		[1, 0],
	]) {
		const setup = pipelining({ packetSize: 2000 }, { room: 5000 });
		setup.client.publish("t", "x".repeat(1460 - CONNECT.length - 6 + more));
		setup.client.publish("u", "");
		setup.peer.open();
		expect(judge(setup.peer.writes[0]).length).toBe(1 + count);
		setup.peer.take();
		connack(setup);
		expect(judge(setup.peer.take()).length).toBe(2 - count);
	}
});

test("a subscription that does not fit waits, and the messages behind it", () => {
	const setup = pipelining();
	setup.client.subscribe("s".repeat(1000), 0);
	setup.client.subscribe("u".repeat(1000), 0);
	setup.client.publish("t", "");
	setup.peer.open();
	setup.peer.expect(CONNECT, SUBSCRIBE(1, "s".repeat(1000), 0));
	connack(setup);
	const [subscribe, publish] = judge(setup.peer.take());
	expect(subscribe).toMatchObject({ cmd: "subscribe", subscriptions: [{ topic: "u".repeat(1000) }] });
	expect(publish).toMatchObject({ cmd: "publish", topic: "t" });
	expect(setup.peer.socket.closed).toBe(false);
});

test.each([
	[true, false],
	[true, true],
	[false, false],
])("refused, what was sent at QoS 1 and 2 comes again; told %s, then session %s", (told, session) => {
	const setup = pipelining({ reconnectMaximum: 1000 });
	setup.client.subscribe("s", 0);
	setup.client.publish("a", "1", 1);
	setup.client.publish("b", "2", 0);
	setup.client.publish("c", "3", 2);
	setup.peer.open();
	if (told) setup.peer.send(CONNACK(false, 3));
	else setup.peer.fail();
	setup.news();
	setup.redial().open();
	// What was sent before waits for CONNACK as ever.
	setup.peer.expect(CONNECT);
	connack(setup, session);
	const again = { dup: session };
	setup.peer.expect(
		SUBSCRIBE(4, "s", 0),
		PUBLISH("a", "1", { qos: 1, id: 1, ...again }),
		PUBLISH("c", "3", { qos: 2, id: 2, ...again }),
	);
	setup.peer.send(SUBACK(4, 0), PUBACK(1), PUBREC(2), PUBCOMP(2));
	expect(setup.news()).toEqual(["subscribed s 0", "delivered 1", "delivered 2"]);
	expect(setup.client.statistics).toMatchObject({ resent: 2, uncertain: session ? 0 : 1 });
});

test("PUBRELs wait for CONNACK too, and what is new with them", () => {
	const setup = pipelining();
	setup.client.publish("a", "1", 2);
	setup.peer.accept();
	setup.peer.send(PUBREC(1));
	setup.peer.expect(PUBREL(1));
	setup.peer.fail();
	setup.client.publish("b", "2", 1);
	setup.client.subscribe("s", 0);
	setup.redial().open();
	setup.peer.expect(CONNECT);
	connack(setup, true);
	setup.peer.expect(SUBSCRIBE(3, "s", 0), PUBREL(1), PUBLISH("b", "2", { qos: 1, id: 2 }));
});

test("on a later connection with nothing to send again, what is new goes with CONNECT", () => {
	const setup = pipelining();
	setup.client.publish("a", "1", 1);
	setup.peer.accept();
	setup.peer.send(PUBACK(1));
	setup.peer.fail();
	setup.client.publish("b", "2", 1);
	setup.redial().open();
	setup.peer.expect(CONNECT, PUBLISH("b", "2", { qos: 1, id: 2 }));
	connack(setup, true);
	setup.peer.expect();
});

test("a subscription that was answered is asked for again only when the session is lost", () => {
	const setup = pipelining();
	setup.client.subscribe("s", 1);
	setup.peer.accept();
	setup.peer.send(SUBACK(1, 1));
	for (const session of [true, false]) {
		setup.peer.fail();
		setup.client.subscribe("new", 0);
		const id = session ? 2 : 3;
		setup.redial().open();
		setup.peer.expect(CONNECT, SUBSCRIBE(id, "new", 0));
		connack(setup, session);
		setup.peer.expect(...(session ? [] : [SUBSCRIBE(4, "s", 1)]));
		setup.peer.send(SUBACK(id, 0));
		expect(setup.news()).toEqual(["subscribed new 0"]);
	}
});

test("an UNSUBSCRIBE goes with CONNECT, and its answer is taken", () => {
	const setup = pipelining();
	setup.client.subscribe("s", 1);
	setup.peer.accept();
	setup.peer.send(SUBACK(1, 1));
	setup.peer.fail();
	setup.client.unsubscribe("s");
	setup.redial().open();
	setup.peer.expect(CONNECT, packet(0xa2, word(2), field("s")));
	connack(setup, false);
	setup.peer.send(packet(0xb0, word(2)));
	setup.peer.expect();
	setup.reconnect(false).expect();
	expect(setup.client.statistics.strayAcknowledgements).toBe(0);
});

test.each([true, false])(
	"a SUBSCRIBE that went with CONNECT, taken back before CONNACK: session %s",
	(session) => {
		const setup = pipelining();
		setup.client.subscribe("s", 1);
		setup.peer.open();
		setup.peer.expect(CONNECT, SUBSCRIBE(1, "s", 1));
		setup.client.unsubscribe("s");
		connack(setup, session);
		setup.peer.expect(packet(0xa2, word(2), field("s")));
		setup.peer.send(SUBACK(1, 1), packet(0xb0, word(2)));
		setup.reconnect(false).expect();
	},
);

test("wake, publish, sleep: one write, one answer, DISCONNECT", () => {
	const setup: Setup = pipelining({ onDelivered: () => setup.client.close() });
	setup.client.publish("t", "21.5", 1);
	setup.peer.open();
	setup.peer.expect(CONNECT, PUBLISH("t", "21.5", { qos: 1, id: 1 }));
	setup.peer.send(CONNACK(), PUBACK(1));
	setup.peer.expect(DISCONNECT);
	expect(setup.peer.writes.length).toBe(2);
	expect(setup.client.state).toBe(State.CLOSED);
});

test("messages of QoS 0 make room in the store, which is told", () => {
	const setup = pipelining({ storeSize: 64 });
	const text = padded("1", 50);
	setup.client.publish("t", text);
	expect(setup.client.publish("t", "2")).toBe(NO_ROOM);
	setup.peer.open();
	setup.peer.expect(CONNECT, PUBLISH("t", text));
	setup.peer.send(CONNACK());
	expect(setup.news()).toEqual(["writable", "connected false"]);
	setup.client.publish("t", "3");
	setup.peer.expect(PUBLISH("t", "3"));
});

test("a publishFrom waits for CONNACK, and what is behind it", () => {
	const setup = pipelining();
	setup.client.publish("a", "");
	setup.client.publishFrom("b", 3, (_offset, view) => view.set([1, 2, 3]) ?? 3);
	setup.client.publish("c", "");
	setup.peer.open();
	setup.peer.expect(CONNECT, PUBLISH("a", ""));
	connack(setup);
	setup.peer.expect(PUBLISH("b", [1, 2, 3]), PUBLISH("c", ""));
});

test("a message sent so is not dropped for a newer one, nor replaced", () => {
	const setup = pipelining({ storeSize: 64, whenFull: "dropOldest" });
	const { client } = setup;
	const writer = { write: (_bytes: Uint8Array, at: number, limit: number) => Math.min(at + 40, limit) };
	const owner = client.owner();
	const topic = new Topic("t");
	client.publishWith(topic, 1, false, writer, owner);
	setup.peer.open();
	expect(client.publish("t", padded("2", 40), 1)).toBe(NO_ROOM);
	expect(client.publishWith(topic, 1, false, writer, owner)).toBe(NO_ROOM);
	expect(setup.news()).toEqual([]);
});

test("an answer that is missing is counted from CONNACK on", () => {
	const setup = pipelining();
	setup.client.publish("t", "", 1);
	setup.peer.open();
	setup.clock.advance(20_000);
	connack(setup);
	setup.clock.advance(9750);
	expect(setup.news()).toEqual([]);
	// It is looked at eight times in replyTimeout, and found at the look after that.
	setup.clock.advance(250 + 10_000 / 8);
	expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
});

test("close before CONNACK gives up what was sent", () => {
	const setup = pipelining();
	setup.client.publish("t", "", 1);
	setup.peer.open();
	setup.client.close();
	expect(setup.news()).toEqual([
		`dropped 1 ${reasons.CLOSED_BY_APP}`,
		`disconnected ${reasons.CLOSED_BY_APP}`,
	]);
});
