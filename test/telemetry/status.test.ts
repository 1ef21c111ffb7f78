// Online and offline, as others see it.

import { NO_ROOM, State } from "../../src/client.js";
import { Status, type StatusOptions } from "../../src/telemetry/status.js";
import { Topic } from "../../src/wire/topic.js";
import { CONNACK, DISCONNECT, field, PUBACK, PUBLISH, packet, word } from "../support/packets.js";
import { Setup } from "../support/setup.js";

function status(options: Partial<StatusOptions> = {}, setup = new Setup()) {
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

test("is sent again with DUP when its acknowledgement was lost, and said again: the will may stand between", () => {
	const { setup } = status();
	setup.peer.accept();
	setup.peer.take();
	setup.reconnect(true).expect(online(1, true), online(2));
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

test("a full store is in nobody's way, and order is kept", () => {
	// Room for itself, and for one message more.
	const { setup } = status({}, new Setup({ storeSize: 20 + 24 + 20, window: 1 }));
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

test("says farewell though the app closes while it writes a payload", () => {
	const { setup } = status({ qos: 0 });
	const { client, peer } = setup;
	peer.accept();
	peer.take();
	client.publishWith(new Topic("t"), 0, false, {
		write(_bytes, at) {
			client.close();
			return at;
		},
	});
	peer.expect(PUBLISH("t", ""), PUBLISH("st", "offline", { retain: true }), DISCONNECT);
});

test.each<[string, Partial<StatusOptions>]>([
	["text", {}],
	["details", { details: { heap: () => 7 } }],
])("%s that could not be said is not said offline, but at the next connect", (_what, options) => {
	const { setup } = status({ qos: 0, ...options }, new Setup());
	const { client } = setup;
	// The app is in the midst of a payload when the broker accepts.
	setup.peer.open();
	client.publishWith(new Topic("t"), 0, false, {
		write(_bytes, at) {
			setup.peer.send(CONNACK());
			setup.peer.fail();
			return at;
		},
	});
	setup.news();
	client.publish("t", "offline");
	setup.reconnect(true);
	const said = options.details === undefined ? "online" : '{"state":"online","heap":7}';
	setup.peer.expect(PUBLISH("t", ""), PUBLISH("t", "offline"), PUBLISH("st", said, { retain: true }));
	expect(client.statistics.dropped).toBe(0);
});

test("without a connection, close is silent: the broker has the will", () => {
	const { setup } = status();
	setup.client.close();
	setup.peer.expect();
});

describe("details", () => {
	/** With signal strength -1, -2, and so on. */
	function detailed(options: Partial<StatusOptions> = {}, setup = new Setup()) {
		let signal = 0;
		const details = {
			version: '1.4.0 "beta"',
			signal: () => --signal,
			heap: { source: () => Number.NaN, unit: "B" },
		};
		return status({ details, ...options }, setup);
	}
	const payload = (signal: number) =>
		`{"state":"online","version":"1.4.0 \\"beta\\"","signal":${signal},"heap":null}`;
	const detail = (signal: number, id: number, dup = false) =>
		PUBLISH("st", payload(signal), { qos: 1, id, retain: true, dup });

	test("make the will, what is said at connect and the farewell JSON", () => {
		const { setup } = detailed();
		setup.peer.open();
		setup.peer.expect(willOf(0x2c, "st", '{"state":"offline"}'));
		setup.peer.send(CONNACK());
		setup.peer.expect(detail(-1, 1));
		expect(JSON.parse(payload(-1)).version).toBe('1.4.0 "beta"');
		setup.client.close();
		setup.peer.expect(PUBLISH("st", '{"state":"offline"}', { qos: 1, id: 2, retain: true }));
	});

	test("are said again at the interval, which begins with each connect", () => {
		const { setup } = detailed({ interval: 10_000, qos: 0 }, new Setup({ keepAlive: 0 }));
		const said = (signal: number) => PUBLISH("st", payload(signal), { retain: true });
		setup.clock.advance(20_000);
		setup.peer.accept();
		setup.peer.expect(said(-1));
		setup.clock.advance(9750);
		setup.peer.expect();
		setup.clock.advance(250);
		setup.peer.expect(said(-2));
		setup.peer.fail();
		setup.redial();
		setup.clock.advance(5000);
		setup.peer.accept();
		setup.peer.expect(said(-3));
	});

	test("follow those of the last connection as soon as these are acknowledged", () => {
		const { setup } = detailed();
		setup.peer.accept();
		setup.peer.take();
		setup.reconnect(true).expect(detail(-1, 1, true));
		setup.peer.send(PUBACK(1));
		setup.peer.expect(detail(-3, 2));
		setup.peer.send(PUBACK(2));
		setup.clock.advance(5000);
		setup.peer.expect();
	});

	test("have the texts of the options, escaped", () => {
		const { setup } = detailed({ online: '"', offline: "\0", details: { "\n": "\ud800" } });
		setup.peer.open();
		setup.peer.expect(willOf(0x2c, "st", '{"state":"\\u0000"}'));
		setup.peer.send(CONNACK());
		setup.peer.expect(PUBLISH("st", '{"state":"\\"","\\u000a":"\\ud800"}', { qos: 1, id: 1, retain: true }));
	});

	test("after close, nothing more is said", () => {
		const { setup } = detailed({ interval: 250 });
		setup.peer.accept();
		setup.client.close();
		setup.peer.take();
		setup.clock.advance(2000);
		setup.peer.expect();
	});
});

test("online is said again at an interval without details too", () => {
	const { setup } = status({ interval: 1000, qos: 0 });
	setup.peer.accept();
	setup.peer.take();
	setup.clock.advance(1000);
	setup.peer.expect(PUBLISH("st", "online", { retain: true }));
});

test.each([
	[{ details: {} }, /fields is empty/],
	[{ details: { state: "on" } }, /fields has "state": that key is taken/],
	[{ details: { heap: 7 } }, /the field "heap" must have a source/],
	[{ interval: 0.5 }, /interval is 0.5.*from 1 /],
	[{ qos: 3 as never }, /qos is 3/],
	[{ topic: "a/+" }, /wildcard/],
	[{ topic: undefined }, /topic name must be a string/],
	[{ online: "\ud800" }, /lone surrogate/],
] as unknown as [Partial<StatusOptions>, RegExp][])("the option %j throws", (option, rule) => {
	expect(() => status(option)).toThrow(rule);
});

test("there can be one, and the will is its own: nobody replaces or clears it", () => {
	const { setup } = status();
	expect(() => status({ topic: "other" }, setup)).toThrow(/only one/);
	for (const will of [{ topic: "w", payload: "" }, undefined])
		expect(() => {
			setup.client.will = will;
		}).toThrow(/Status/);
	setup.peer.open();
	setup.peer.expect(willOf(0x2c, "st", "offline"));
});

test("an app that has set a will has to clear it first", () => {
	const setup = new Setup();
	setup.client.will = { topic: "w", payload: "" };
	expect(() => status({}, setup)).toThrow(/client\.will = undefined/);
	setup.client.will = undefined;
	status({}, setup);
	setup.peer.open();
	setup.peer.expect(willOf(0x2c, "st", "offline"));
});

test("constructed while connected, it holds from the next connect on", () => {
	const setup = new Setup();
	setup.peer.accept();
	status({}, setup);
	setup.peer.expect();
	setup.peer.fail();
	setup.redial().open();
	setup.peer.expect(willOf(0x2c, "st", "offline"));
	setup.peer.send(CONNACK());
	setup.peer.expect(online(1));
});
