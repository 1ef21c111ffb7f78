// Wrong calls throw at the call, with the value and the rule, and leave no trace.

import { Client, NO_ROOM } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { Place } from "../support/place.js";
import { connected, Setup } from "../support/setup.js";

test.each([
	[{ host: "" }, /host is ""/],
	[{ host: undefined }, /host is undefined/],
	[{ port: 0 }, /port is 0: it must be a whole number from 1 to 65535/],
	[{ port: 1883.5 }, /port is 1883.5/],
	[{ clientId: "" }, /clientId is "".*clean: true.*3\.1\.3\.1/],
	[{ clientId: 5 }, /clientId must be a string/],
	[{ clientId: "\0" }, /clientId.*null character/],
	[{ clientId: "x".repeat(65_536) }, /clientId has 65536 bytes/],
	[{ username: "u\ud800" }, /username has a lone surrogate at index 1/],
	[{ password: "p" }, /password without username.*3\.1\.2\.9/],
	[{ username: "u", password: 5 }, /payload is 5|password/],
	[{ username: "u", password: "\ud800" }, /lone surrogate/],
	[{ username: "u", password: "x".repeat(65_536) }, /password has 65536 bytes/],
	[{ keepAlive: 999 }, /keepAlive is 999.*1000 to 65535000/],
	[{ keepAlive: 65_535_001 }, /keepAlive/],
	[{ keepAlive: Number.NaN }, /keepAlive is NaN/],
	[{ replyTimeout: 999 }, /replyTimeout is 999/],
	[{ connectTimeout: 0 }, /connectTimeout is 0/],
	[{ reconnectMaximum: -1 }, /reconnectMaximum is -1/],
	[{ reconnectMinimum: 2, reconnectMaximum: 1 }, /reconnectMinimum is 2.*0 to 1/],
	[{ packetSize: 15 }, /packetSize is 15.*from 16/],
	[{ storeSize: 15 }, /storeSize is 15.*from 16 to 262140/],
	[{ storeSize: 262_141 }, /storeSize is 262141/],
	[{ window: 0 }, /window is 0/],
	[{ window: 257 }, /window is 257.*1 to 256/],
	[{ receiveSize: 0 }, /receiveSize is 0/],
	[{ topicSize: 65_536 }, /topicSize/],
	[{ subscriptions: 0 }, /subscriptions is 0/],
	[{ acknowledgements: 0 }, /acknowledgements is 0/],
	[{ listeners: 0 }, /listeners is 0/],
	[{ socket: undefined }, /lack a network.*\.\.\.network/],
	[{ socket: {} as never }, /lack a network/],
	[{ timer: undefined }, /lack a network/],
	[{ ticks: 5 as never }, /lack a network/],
	[{ onMessage: "print" as never }, /onMessage is print, of type string: it must be a function/],
	[{ onDropped: null as never }, /onDropped is null/],
	[{ onUnsubscribed: {} as never }, /onUnsubscribed is .*object: it must be a function/],
	[{ random: 0.5 as never }, /random is 0.5/],
	[{ pipelining: "false" as never }, /pipelining is false, of type string: it must be true or false/],
	[{ id: undefined }, /the network has no id.*option clientId/],
	[{ id: "" }, /the network has no id/],
	[{ id: 7 as never }, /the network has no id/],
	[{ username: 5 as never }, /username must be a string/],
	[{ whenFull: "panic" }, /whenFull is "panic".*"refuse" or "dropOldest"/],
] as [Partial<ClientOptions>, RegExp][])("the option %j throws", (options, rule) => {
	const place = new Place();
	expect(() => new Client({ ...place.network, host: "10.0.0.1", protocolVersion: 4, ...options })).toThrow(
		rule,
	);
	expect(place.peers.length + place.clock.timers).toBe(0);
});

test("a network without id does with a clientId, and with an empty one", () => {
	const place = new Place();
	for (const options of [{ clientId: "mine" }, { clientId: "", clean: true }])
		new Client({
			...place.network,
			id: undefined as never,
			host: "10.0.0.1",
			protocolVersion: 4,
			...options,
		});
	expect(place.peers.length).toBe(2);
});

test("the smallest of everything works", () => {
	const setup = connected({
		packetSize: 16,
		storeSize: 16,
		window: 1,
		receiveSize: 1,
		topicSize: 1,
		subscriptions: 1,
		acknowledgements: 1,
		listeners: 1,
		keepAlive: 1000,
		replyTimeout: 1000,
		connectTimeout: 1000,
		reconnectMaximum: 0,
	});
	setup.peer.send(PUBLISH("t", "ab", { qos: 1, id: 1 }), PUBLISH("t", "", { qos: 1, id: 2 }));
	expect(setup.news()).toEqual(["message t=a 0/2 qos1", "message t=b 1/2 qos1", "message t= qos1"]);
	const { client, peer } = setup;
	peer.take();
	for (let id = 1; id < 4; id++) {
		expect(client.publish("t", "xyz", 1)).toBe(id);
		expect(client.publish("t", "", 1)).toBe(NO_ROOM);
		peer.expect(PUBLISH("t", "xyz", { qos: 1, id }));
		peer.send(PUBACK(id));
	}
	expect(() => client.publish("t", "wxyz", 1)).toThrow(/4 bytes does not fit.*20 bytes.*room for 16/);
	expect(client.publish("topic", "x")).toBe(0);
	peer.expect(PUBLISH("topic", "x"));
});

test.each([16, 17, 18, 19])("a store of %d bytes holds a short message over a reconnect", (storeSize) => {
	const setup = new Setup({ storeSize });
	expect(setup.client.publish("t", "xyz", 2)).toBe(1);
	expect(setup.client.publish("t", "", 0)).toBe(NO_ROOM);
	setup.peer.accept();
	setup.peer.expect(PUBLISH("t", "xyz", { qos: 2, id: 1 }));
	setup.reconnect().expect(PUBLISH("t", "xyz", { qos: 2, id: 1, dup: true }));
	setup.peer.send(PUBREC(1));
	setup.peer.expect(PUBREL(1));
	setup.peer.send(PUBCOMP(1));
	expect(setup.client.held).toBe(0);
});

describe("[MQTT-3.3.1-4][MQTT-3.3.2-2][MQTT-4.7.1-1] a wrong call", () => {
	const calls: [string, (client: Client) => void, RegExp][] = [
		["a wildcard in a topic", (client) => client.publish("a/+", "x"), /"a\/\+" has a wildcard/],
		["an empty topic", (client) => client.publish("", "x"), /topic name is empty/],
		["no topic", (client) => client.publish(undefined as never, "x"), /topic is undefined/],
		["null as topic", (client) => client.publish(null as never, "x"), /topic is null/],
		["an object as topic", (client) => client.publish({ field: [] } as never, "x"), /must be a Topic/],
		[
			"no topic for publishWith",
			(client) => client.publishWith(undefined as never, 0, false, { write: (_bytes, at) => at }),
			/topic is undefined/,
		],
		[
			"text as topic for publishWith",
			(client) => client.publishWith("t" as never, 0, false, { write: (_bytes, at) => at }),
			/topic is t: it must be a Topic/,
		],
		[
			"QoS 3 for publishWith",
			(client) => client.publishWith(new Topic("t"), 3 as never, false, { write: (_bytes, at) => at }),
			/qos is 3/,
		],
		[
			"no writer",
			(client) => client.publishWith(new Topic("t"), 0, false, undefined as never),
			/writer is undefined/,
		],
		[
			"a function as writer",
			(client) => client.publishWith(new Topic("t"), 0, false, (() => 0) as never),
			/writer is .*write/,
		],
		["QoS 3", (client) => client.publish("t", "x", 3 as never), /qos is 3/],
		["QoS 3", (client) => client.publish("t", "x", 3 as never), /qos is 3/],
		[
			"retain as text",
			(client) => client.publish("t", "x", 0, "false" as never),
			/retain is false, of type string/,
		],
		[
			"retain as text, for publishWith",
			(client) => client.publishWith(new Topic("t"), 0, "true" as never, { write: (_bytes, at) => at }),
			/retain is true, of type string/,
		],
		[
			"retain as text, for publishFrom",
			(client) => client.publishFrom("t", 1, () => 1, 0, "false" as never),
			/retain is false, of type string/,
		],
		["attaching nothing", (client) => client.attach(undefined as never), /listener is undefined/],
		["attaching null", (client) => client.attach(null as never), /listener is null/],
		[
			"attaching what cannot be called",
			(client) => client.attach({ onDeadline: 250 as never }),
			/onDeadline is 250, of type number: it must be a function/,
		],
		["QoS as text", (client) => client.publish("t", "x", "1" as never), /qos is 1/],
		["no payload", (client) => client.publish("t", undefined as never), /payload is undefined/],
		["null as payload", (client) => client.publish("t", null as never), /payload is null/],
		[
			"a number as payload",
			(client) => client.publish("t", 21 as never),
			/payload is 21.*string, a Uint8Array/,
		],
		["an array as payload", (client) => client.publish("t", [1, 2] as never), /payload is 1,2/],
		[
			"a topic that can never fit",
			(client) => client.publish("t".repeat(2048), ""),
			/does not fit.*storeSize/,
		],
		[
			"text that can never fit, and has a lone surrogate",
			(client) => client.publish("t", `°\udc00${"x".repeat(2048)}`),
			/payload of 2053 bytes does not fit.*lone surrogate at index 1, which counts as U\+FFFD/,
		],
		[
			"the same written in place",
			(client) => client.publishWith(new Topic("t".repeat(600)), 0, false, { write: (_bytes, at) => at }),
			/does not fit.*packetSize/,
		],
		["a filter that breaks a rule", (client) => client.subscribe("a#", 0), /"a#".*4\.7\.1/],
		["subscribing at QoS 3", (client) => client.subscribe("a", 3 as never), /qos is 3/],
		["a will at QoS 3", (client) => setWill(client, { topic: "w", payload: "", qos: 3 }), /will.qos is 3/],
		["a will with a wildcard", (client) => setWill(client, { topic: "w/#", payload: "" }), /wildcard/],
		["a will without a topic", (client) => setWill(client, { payload: "" }), /topic name must be a string/],
		[
			"a will of bad text",
			(client) => setWill(client, { topic: "w", payload: "ab\udc00" }),
			/text has a lone surrogate at index 2/,
		],
		[
			"a will that is too long",
			(client) => setWill(client, { topic: "w", payload: new Uint8Array(65_536) }),
			/65536 bytes.*at most 65535/,
		],
		["setting aside less than nothing", (client) => client.owner(-4), /bytes is -4/],
		["setting aside null", (client) => client.owner(null as never), /bytes is null: it must be a whole/],
		["setting aside more than there is", (client) => client.owner(2048), /storeSize/],
	];

	function setWill(client: Client, will: object): void {
		client.will = will as never;
	}

	test.each(calls)("%s: throws with the value and the rule, and nothing is sent", (_what, call, rule) => {
		const setup = new Setup();
		expect(() => call(setup.client)).toThrow(rule);
		setup.peer.accept();
		setup.peer.expect();
		expect(setup.client.statistics.published).toBe(0);
		expect(setup.client.publish("t", "fine")).toBe(0);
		setup.peer.expect(PUBLISH("t", "fine"));
	});

	test.each(calls)("%s: also when messages were sent before", (_what, call, rule) => {
		const setup = connected();
		setup.client.publish("t", "before");
		setup.peer.take();
		expect(() => call(setup.client)).toThrow(rule);
		setup.client.publish("t", "after");
		setup.peer.expect(PUBLISH("t", "after"));
	});
});

test("a lone surrogate in a payload becomes U+FFFD", () => {
	const setup = connected();
	setup.client.publish("t", "a\ud800b");
	setup.peer.expect(PUBLISH("t", "a\ufffdb"));
});

test("when the store is full, text with a lone surrogate that can never fit is told just so", () => {
	for (const packetSize of [16, 512]) {
		const { client } = connected({ storeSize: 24, packetSize });
		client.publish("t", "held", 1);
		expect(client.publish("t", "12345678\ud800", 1)).toBe(NO_ROOM);
		expect(() => client.publish("t", "123456789ab\ud800", 1)).toThrow(
			/of 14 bytes.*lone surrogate at index 11/,
		);
	}
});
