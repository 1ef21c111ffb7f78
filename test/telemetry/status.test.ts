// Online and offline, as others see it.

import { NO_ROOM, State } from "../../src/client.js";
import { Status, type StatusOptions } from "../../src/telemetry/status.js";
import { Topic } from "../../src/wire/topic.js";
import { CONNACK, DISCONNECT, field, PUBACK, PUBLISH, packet, word } from "../support/packets.js";
import { Setup } from "../support/setup.js";

function status(options: Partial<StatusOptions> = {}, setup = new Setup({ packets: 1 })) {
	return { setup, status: new Status(setup.client, { topic: "st", ...options }) };
}

const willOf = (flags: number, topic: string, payload: string) =>
	packet(0x10, field("MQTT"), [4, flags], word(60), field("c"), field(topic), field(payload));
const online = (id: number, dup = false) => PUBLISH("st", "online", { qos: 1, id, retain: true, dup });
const offline = (id: number) => PUBLISH("st", "offline", { qos: 1, id, retain: true });

test("the will says offline, the first message online, both retained", () => {
	const { setup } = status();
	setup.peer.open();
	setup.peer.expect(willOf(0x2c, "st", "offline"));
	setup.peer.send(CONNACK());
	setup.peer.expect(online(1));
});

test("has texts, topic and QoS of the options", () => {
	const { setup } = status({ topic: new Topic("x/y"), online: "an", offline: "", qos: 0 });
	setup.peer.open();
	setup.peer.expect(willOf(0x24, "x/y", ""));
	setup.peer.send(CONNACK());
	setup.peer.expect(PUBLISH("x/y", "an", { retain: true }));
	setup.client.close();
	setup.peer.expect(PUBLISH("x/y", "", { retain: true }), DISCONNECT);
});

test("is said again at each connect", () => {
	const { setup } = status();
	setup.peer.accept();
	setup.peer.send(PUBACK(1));
	setup.peer.take();
	setup.reconnect().expect(online(2));
});

test("is sent again with DUP, and not twice, when its acknowledgement was lost", () => {
	const { setup } = status();
	setup.peer.accept();
	setup.peer.take();
	setup.reconnect(true).expect(online(1, true));
});

test("says farewell before DISCONNECT, though online is not yet acknowledged", () => {
	const { setup } = status({}, new Setup());
	setup.peer.accept();
	setup.client.close();
	setup.peer.expect(online(1), offline(2));
	setup.peer.send(PUBACK(1), PUBACK(2));
	setup.peer.expect(DISCONNECT);
	expect(setup.client.state).toBe(State.CLOSED);
});

test("a full pool is in nobody's way, and order is kept", () => {
	const { setup } = status();
	setup.client.publish("t", "held", 1);
	expect(setup.client.publish("t", "refused")).toBe(NO_ROOM);
	setup.peer.accept();
	setup.client.close();
	setup.peer.expect(PUBLISH("t", "held", { qos: 1, id: 1 }));
	setup.peer.send(PUBACK(1));
	setup.peer.expect(online(2));
	setup.peer.send(PUBACK(2));
	setup.peer.expect(offline(3));
});

test("takes the shortest topic and texts", () => {
	const { setup } = status({ topic: "s", online: "", offline: "", qos: 0 });
	setup.peer.accept();
	setup.peer.expect(PUBLISH("s", "", { retain: true }));
});

test("without a connection, close is silent: the broker has the will", () => {
	const { setup } = status();
	setup.client.close();
	setup.peer.expect();
});

test.each([
	[{ qos: 3 as never }, /qos is 3/],
	[{ topic: "a/+" }, /wildcard/],
	[{ topic: undefined }, /topic name must be a string/],
	[{ online: "\ud800" }, /lone surrogate/],
] as unknown as [Partial<StatusOptions>, RegExp][])("the option %j throws", (option, rule) => {
	expect(() => status(option)).toThrow(rule);
});

test("there can be one", () => {
	const { setup } = status();
	expect(() => status({}, setup)).toThrow(/only one/);
});
