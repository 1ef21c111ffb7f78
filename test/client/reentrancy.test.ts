// Every call is legal in every callback, and a callback that throws leaves the client consistent.

import { NO_ROOM, State } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import { Topic } from "../../src/wire/topic.js";
import {
	CONNACK,
	DISCONNECT,
	PINGRESP,
	PUBACK,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	SUBSCRIBE,
} from "../support/packets.js";
import { Setup } from "../support/setup.js";
import { padded } from "../support/store.js";

type Callback =
	| "onConnected"
	| "onDisconnected"
	| "onMessage"
	| "onSubscribed"
	| "onDelivered"
	| "onDropped"
	| "onWritable"
	| "handler"
	| "listener.onConnected"
	| "listener.onDisconnected"
	| "listener.onWritable"
	| "listener.onDeadline"
	| "listener.onClosing";

const callbacks: Callback[] = [
	"onConnected",
	"onDisconnected",
	"onMessage",
	"onSubscribed",
	"onDelivered",
	"onDropped",
	"onWritable",
	"handler",
	"listener.onConnected",
	"listener.onDisconnected",
	"listener.onWritable",
	"listener.onDeadline",
	"listener.onClosing",
];

/**
 * A life in which each callback comes, with `act` called from the one named, the first time it comes.
 * Returns the setup, and whether `act` was called.
 */
function live(callback: Callback, act: (setup: Setup) => void) {
	let done = false;
	const on = (name: Callback) => () => {
		if (name !== callback || done) return;
		done = true;
		act(setup);
	};
	const setup: Setup = new Setup({
		storeSize: 2 * 32,
		topicSize: 8,
		...(Object.fromEntries(
			callbacks.filter((name) => name.startsWith("on")).map((name) => [name, on(name)]),
		) as Partial<ClientOptions>),
	});
	setup.client.attach({
		onConnected: on("listener.onConnected"),
		onDisconnected: on("listener.onDisconnected"),
		onWritable: on("listener.onWritable"),
		onDeadline: () => {
			on("listener.onDeadline")();
			return 250;
		},
		onClosing: on("listener.onClosing"),
	});
	const steps: (() => void)[] = [
		() => setup.client.subscribe("h", 1, on("handler")),
		() => setup.peer.accept(),
		() => setup.peer.send(SUBACK(1, 1)),
		() => setup.client.publish("t", padded("1", 20), 1),
		() => setup.client.publish("t", padded("2", 20), 1),
		() => setup.client.publish("t", padded("3", 20), 1),
		() => setup.peer.send(PUBACK(2), PUBACK(3)),
		() => setup.peer.send(PUBLISH("h", "1", { qos: 1, id: 1 }), PUBLISH("h", "2", { qos: 1, id: 2 })),
		() => setup.peer.send(PUBLISH("m", "1", { qos: 1, id: 3 }), PUBLISH("m", "2")),
		() => setup.peer.send(PUBLISH("longer than 8", "", { qos: 1, id: 4 })),
		() => setup.clock.advance(500),
		() => setup.peer.fail(),
		() => setup.clock.advance(2000),
		() => {
			if (setup.peer.socket.closed) return;
			setup.peer.accept(true);
			setup.peer.send(PINGRESP);
		},
		() => setup.client.close(),
		() => setup.clock.advance(20_000),
	];
	return { setup, steps, called: () => done };
}

const actions: Record<string, (setup: Setup) => void> = {
	close: ({ client }) => client.close(),
	publish: ({ client }) => {
		client.publish("t", "inner");
		client.publish("t", "inner", 1);
	},
	subscribe: ({ client }) => {
		client.subscribe("new", 1, () => {});
		client.subscribe("h", 0, () => {});
	},
	unsubscribe: ({ client }) => {
		client.unsubscribe("h");
	},
	"pause and resume": ({ client }) => {
		client.pause();
		client.resume();
	},
	"close twice": ({ client }) => {
		client.close();
		client.close();
	},
};

describe.each(callbacks)("in %s", (callback) => {
	test.each(Object.keys(actions))("%s is legal", (action) => {
		const { setup, steps, called } = live(callback, actions[action]);
		for (const step of steps) {
			step();
			if (!setup.peer.socket.closed) setup.peer.take();
		}
		expect(called()).toBe(true);
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.clock.timers).toBe(0);
	});

	test("pause is legal, and resume goes on where it was", () => {
		const { setup, steps, called } = live(callback, ({ client }) => client.pause());
		for (const step of steps) {
			step();
			setup.client.resume();
		}
		expect(called()).toBe(true);
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.client.statistics.received).toBe(5);
	});

	test("an error is the app's to see, and the client goes on", () => {
		const { setup, steps, called } = live(callback, () => {
			throw new Error("mine");
		});
		let errors = 0;
		for (const step of steps)
			try {
				step();
			} catch (error) {
				expect(error).toEqual(new Error("mine"));
				errors++;
			}
		if (setup.client.state !== State.CLOSED) setup.client.close();
		setup.clock.advance(20_000);
		expect(called()).toBe(true);
		expect(errors).toBe(1);
		expect(setup.client.statistics.received).toBe(5);
		expect(setup.client.state).toBe(State.CLOSED);
	});
});

test("close in a handler, with more messages behind: they are not handled", () => {
	let calls = 0;
	const setup: Setup = new Setup({
		onMessage() {
			calls++;
			setup.client.close();
		},
	});
	setup.peer.accept();
	setup.peer.send(PUBLISH("t", "1"), PUBLISH("t", "2"));
	expect(calls).toBe(1);
	setup.peer.expect(DISCONNECT);
});

test("pause in a handler stops before the next message; resume in a handler goes on without another event", () => {
	const setup: Setup = new Setup({
		onMessage(message) {
			setup.log.push(message.text());
			setup.client.pause();
		},
		onConnected: undefined,
	});
	setup.peer.accept();
	setup.peer.send(PUBLISH("t", "1"), PUBLISH("t", "2"), PUBLISH("t", "3"));
	expect(setup.news()).toEqual(["1"]);
	setup.client.resume();
	expect(setup.news()).toEqual(["2"]);
	setup.client.resume();
	expect(setup.news()).toEqual(["3"]);
});

test("publish in a handler goes before the acknowledgement of its message", () => {
	const setup: Setup = new Setup({ onMessage: () => setup.client.publish("out", "x") });
	setup.peer.accept();
	setup.peer.send(PUBLISH("in", "x", { qos: 1, id: 1 }));
	setup.peer.expect(PUBLISH("out", "x"), PUBACK(1));
});

test.each(["the app", "a listener", "onDropped"])(
	"resume in what %s is told of CONNACK: the connection is made once, and what is behind is read",
	(who) => {
		const resume = (name: string) => () => {
			if (name === who) setup.client.resume();
		};
		const setup: Setup = new Setup({
			onConnected: resume("the app"),
			onDropped: resume("onDropped"),
		});
		setup.client.attach({ onConnected: resume("a listener") });
		const { client } = setup;
		// Its PUBREL is lost with the session.
		client.publish("t", "x", 2);
		setup.peer.accept();
		setup.peer.send(PUBREC(1));
		setup.peer.fail();
		setup.redial().open();
		setup.peer.take();
		setup.news();
		client.publish("t", "y", 1);
		setup.peer.send(CONNACK(false), PUBLISH("m", "1", { qos: 1, id: 3 }));
		setup.peer.expect(PUBLISH("t", "y", { qos: 1, id: 2 }), PUBACK(3));
		expect(client.statistics).toMatchObject({ connects: 2, dropped: 1, received: 1 });
		client.pause();
		setup.peer.send(PUBLISH("m", "2"));
		expect(client.statistics.received).toBe(1);
	},
);

test("a function that reads on while CONNACK is dealt with: nothing comes into its message", () => {
	const setup: Setup = new Setup({ packetSize: 64 });
	const { client } = setup;
	client.publish("t", "x", 2);
	client.publishFrom("t", 80, (offset, view) => {
		view.fill(0x61);
		if (offset > 0) client.resume();
		return Math.min(view.length, 80 - offset);
	});
	setup.peer.open();
	setup.peer.take();
	client.pause();
	setup.peer.send(CONNACK(), PUBREC(1));
	client.resume();
	setup.peer.expect(PUBLISH("t", "x", { qos: 2, id: 1 }), PUBLISH("t", "a".repeat(80)), PUBREL(1));
});

test("each message that gave way is told of, also when onDropped throws", () => {
	const told: number[] = [];
	const setup = new Setup({
		storeSize: 64,
		whenFull: "dropOldest",
		onDropped(id) {
			told.push(id);
			throw new Error("mine");
		},
	});
	const { client } = setup;
	for (let i = 0; i < 4; i++) client.publish("t", "123", 1);
	expect(() => client.publish("t", padded("x", 50), 1)).toThrow("mine");
	expect(told).toEqual([1, 2, 3, 4]);
	expect(client.statistics).toMatchObject({ published: 5, dropped: 4 });
	expect(client.held).toBe(1);
});

test("publish in onConnected goes behind what is sent again", () => {
	const setup: Setup = new Setup({ onConnected: () => setup.client.publish("t", "hello", 1) });
	setup.client.publish("t", "old", 1);
	setup.client.subscribe("s", 0, () => {});
	setup.peer.accept();
	setup.peer.expect(
		SUBSCRIBE(2, "s", 0),
		PUBLISH("t", "old", { qos: 1, id: 1 }),
		PUBLISH("t", "hello", { qos: 1, id: 3 }),
	);
});

describe("room that has come meanwhile is not told of within", () => {
	const calls: [string, (setup: Setup) => void][] = [
		["publish", ({ client }) => client.publish("t", "x", 1)],
		[
			"publishFrom",
			({ client }) =>
				client.publishFrom(
					"t",
					1,
					(_offset, view) => {
						view[0] = 0x78;
						return 1;
					},
					1,
				),
		],
		["subscribe", ({ client }) => client.subscribe("s", 0)],
		["unsubscribe", ({ client }) => client.unsubscribe("h")],
	];
	test.each(calls)("%s", (_name, call) => {
		const told: string[] = [];
		let within = false;
		const setup: Setup = new Setup({
			storeSize: 128,
			onConnected() {
				if (setup.place.peers.length === 1) return;
				within = true;
				call(setup);
				within = false;
			},
			onWritable: () => told.push(within ? "within" : "after"),
		});
		const { client } = setup;
		client.subscribe("h", 0);
		setup.peer.accept();
		setup.peer.fail();
		setup.redial().open();
		const topic = new Topic("t");
		const owner = client.owner();
		const long = { write: (_bytes: Uint8Array, at: number) => at + 100 };
		const short = { write: (_bytes: Uint8Array, at: number) => at + 4 };
		expect(client.publishWith(topic, 2, false, long, owner)).toBeGreaterThan(0);
		expect(client.publish("t", padded("2", 50), 2)).toBe(NO_ROOM);
		// It gives way to a shorter one: there is room, and nobody was told yet.
		expect(client.publishWith(topic, 2, false, short, owner)).toBeGreaterThan(0);
		expect(told).toEqual([]);
		setup.peer.send(CONNACK());
		expect(told).toEqual(["after"]);
	});
});
