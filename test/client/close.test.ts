// close: what is held goes first, then DISCONNECT (section 3.14), and nothing after.

import { NOT_OPEN, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { DISCONNECT, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const CLOSED = `disconnected ${reasons.CLOSED_BY_APP}`;

test("[MQTT-3.14.4-1] with nothing held, DISCONNECT goes at once, and the socket is closed", () => {
	const setup = connected();
	setup.client.close();
	setup.peer.expect(DISCONNECT);
	expect(setup.peer.socket.closed).toBe(true);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.news()).toEqual([CLOSED]);
	expect(setup.client.statistics.disconnects).toBe(1);
});

test("what waits is delivered first, and acknowledged", () => {
	const setup = connected({ window: 1 });
	setup.client.publish("t", "1", 1);
	setup.client.publish("t", "2", 1);
	setup.client.publish("t", "3");
	setup.client.close();
	expect(setup.client.state).toBe(State.CLOSING);
	setup.peer.expect(PUBLISH("t", "1", { qos: 1, id: 1 }));
	setup.peer.send(PUBACK(1));
	setup.peer.expect(PUBLISH("t", "2", { qos: 1, id: 2 }), PUBLISH("t", "3"));
	expect(setup.client.publish("t", "late")).toBe(NOT_OPEN);
	setup.peer.send(PUBACK(2));
	setup.peer.expect(DISCONNECT);
	expect(setup.news()).toEqual(["delivered 1", "delivered 2", CLOSED]);
});

test("[MQTT-3.14.4-1] DISCONNECT waits for room in the socket", () => {
	const setup = connected({}, { room: 13 });
	setup.client.publish("t", "fills it");
	setup.client.close();
	setup.peer.expect(PUBLISH("t", "fills it"), DISCONNECT);
	expect(setup.news()).toEqual([CLOSED]);
});

test("messages are still taken while closing", () => {
	const setup = connected();
	setup.client.publish("t", "1", 1);
	setup.client.close();
	setup.peer.send(PUBLISH("in", "x", { qos: 1, id: 7 }));
	setup.peer.expect(PUBLISH("t", "1", { qos: 1, id: 1 }), PUBACK(7));
	expect(setup.news()).toEqual(["message in=x qos1"]);
});

test("after replyTimeout it ends all the same, and tells what was not delivered", () => {
	const setup = connected({ replyTimeout: 5000, keepAlive: 0 });
	setup.client.publish("t", "1", 1);
	setup.clock.advance(3000);
	setup.client.publish("t", "2", 1);
	setup.client.close();
	setup.clock.advance(1750);
	expect(setup.news()).toEqual([]);
	setup.clock.advance(3500);
	expect(setup.news()).toEqual([
		`dropped 1 ${reasons.CLOSED_BY_APP}`,
		`dropped 2 ${reasons.CLOSED_BY_APP}`,
		CLOSED,
	]);
	setup.peer.expect(PUBLISH("t", "1", { qos: 1, id: 1 }), PUBLISH("t", "2", { qos: 1, id: 2 }), DISCONNECT);
	expect(setup.client.statistics.dropped).toBe(2);
});

test.each([
	[512, 512],
	[3000, 600],
])(
	"a packet half sent, in pieces of %d, is not followed by DISCONNECT, which would be read as its payload",
	(packetSize, sent) => {
		const setup = connected({ replyTimeout: 5000, packetSize }, { room: 600 });
		setup.client.publish("t", "x".repeat(2000));
		setup.client.close();
		setup.clock.advance(10_000);
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.peer.take().length).toBe(sent);
	},
);

test("a broken connection ends it", () => {
	const setup = connected();
	setup.client.publish("t", "1", 1);
	setup.client.close();
	setup.peer.fail();
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.news()[0]).toBe(`dropped 1 ${reasons.CLOSED_BY_APP}`);
	setup.clock.advance(600_000);
	expect(setup.place.peers.length).toBe(1);
});

test.each(["WAITING", "CONNECTING", "HANDSHAKE"] as const)("in state %s it ends at once", (state) => {
	const setup = new Setup();
	setup.client.publish("t", "held", 1);
	if (state === "HANDSHAKE") setup.peer.open();
	if (state === "WAITING") setup.peer.fail();
	setup.news();
	expect(setup.client.state).toBe(State[state]);
	setup.client.close();
	expect(setup.news()).toEqual([`dropped 1 ${reasons.CLOSED_BY_APP}`, CLOSED]);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.client.statistics).toMatchObject({ connects: 0, disconnects: 0 });
	expect(setup.peer.socket.closed).toBe(true);
	setup.clock.advance(600_000);
	expect(setup.place.peers.length).toBe(1);
});

test("while the name is resolved, no socket is opened any more", () => {
	const setup = new Setup({ host: "broker.local" });
	setup.client.close();
	setup.place.lookups[0].onResolved("broker.local", "10.0.0.9");
	expect(setup.place.peers.length).toBe(0);
});

test("the timer stops, and all calls are harmless", () => {
	const setup = connected();
	setup.client.close();
	setup.peer.take();
	expect(setup.clock.timers).toBe(0);
	setup.client.close();
	setup.client.pause();
	setup.client.resume();
	setup.client.subscribe("a", 0, () => {});
	setup.client.unsubscribe("a");
	expect(setup.news()).toEqual([CLOSED]);
	setup.peer.expect();
});

function waiting(): Setup {
	const setup = connected();
	setup.peer.take();
	setup.peer.fail();
	setup.news();
	return setup;
}

describe.each([
	["connecting", () => new Setup(), false],
	["waiting", waiting, false],
	["connected", () => connected(), true],
] as const)("close while a payload is being written, %s", (_what, make, online) => {
	test("begins when it is written, and its message is treated as any other that was accepted", () => {
		const setup = make();
		const { client, peer } = setup;
		const writer = {
			write(bytes: Uint8Array, at: number) {
				client.close();
				client.close();
				expect(setup.news()).toEqual([]);
				bytes[at] = 0x78;
				return at + 1;
			},
		};
		expect(client.publishWith(new Topic("t"), 1, false, writer)).toBe(1);
		expect(client.publishWith(new Topic("t"), 1, false, writer)).toBe(NOT_OPEN);
		if (online) {
			peer.expect(PUBLISH("t", "x", { qos: 1, id: 1 }));
			peer.send(PUBACK(1));
		}
		expect(setup.news()).toEqual([online ? "delivered 1" : `dropped 1 ${reasons.CLOSED_BY_APP}`, CLOSED]);
		expect(client.state).toBe(State.CLOSED);
		peer.expect(...(online ? [DISCONNECT] : []));
	});

	test("and the error of who writes it goes on", () => {
		const setup = make();
		const { client, peer } = setup;
		const writer = {
			write(): number {
				client.close();
				throw new Error("mine");
			},
		};
		expect(() => client.publishWith(new Topic("t"), 1, false, writer)).toThrow("mine");
		expect(setup.news()).toEqual([CLOSED]);
		peer.expect(...(online ? [DISCONNECT] : []));
	});
});

test("close while a payload is being written lets what was held before go first", () => {
	const setup = connected();
	const { client, peer } = setup;
	client.publish("t", "held", 1);
	const writer = {
		write(_bytes: Uint8Array, at: number) {
			client.close();
			return at;
		},
	};
	expect(client.publishWith(new Topic("t"), 1, false, writer)).toBe(2);
	expect(client.state).toBe(State.CLOSING);
	expect(client.publishWith(new Topic("t"), 1, false, writer)).toBe(NOT_OPEN);
	peer.send(PUBACK(1));
	peer.expect(PUBLISH("t", "held", { qos: 1, id: 1 }), PUBLISH("t", "", { qos: 1, id: 2 }));
	peer.send(PUBACK(2));
	peer.expect(DISCONNECT);
	expect(setup.news()).toEqual(["delivered 1", "delivered 2", CLOSED]);
});

test.each([0, 1] as const)("close in the fill of publishFrom at QoS %d begins when that is sent", (qos) => {
	const setup = connected();
	const { client, peer } = setup;
	const fill = (_offset: number, view: Uint8Array) => {
		client.close();
		view[0] = 0x78;
		return 1;
	};
	const id = client.publishFrom("t", 1, fill, qos);
	peer.expect(PUBLISH("t", "x", { qos, id }), ...(qos === 0 ? [DISCONNECT] : []));
	if (qos === 1) {
		peer.send(PUBACK(id));
		peer.expect(DISCONNECT);
	}
	expect(setup.news()).toEqual([...(qos === 1 ? ["delivered 1"] : []), CLOSED]);
});

test("a listener may publish its last words, and the app no more behind them", () => {
	const setup = connected();
	const { client, peer } = setup;
	const topic = new Topic("last");
	const writer = { write: (_bytes: Uint8Array, at: number) => at };
	client.attach({ onClosing: () => client.publishWith(topic, 1, true, writer) });
	client.close();
	expect(client.publishWith(topic, 1, true, writer)).toBe(NOT_OPEN);
	peer.expect(PUBLISH("last", "", { qos: 1, id: 1, retain: true }));
	peer.send(PUBACK(1));
	peer.expect(DISCONNECT);
	expect(setup.news()).toEqual(["delivered 1", CLOSED]);
});

test.each(["by itself", "while a payload is being written"])(
	"a listener whose last words fail leaves the client as it was; close, called %s, may be called again",
	(when) => {
		const setup = connected();
		const { client, peer } = setup;
		let farewells = 0;
		const long = new Topic("longer");
		const writer = { write: (_bytes: Uint8Array, at: number) => at };
		client.attach({ onClosing: () => client.publishWith(long, 0, false, writer) });
		client.attach({
			onClosing() {
				if (++farewells === 1) throw new Error("mine");
			},
		});
		const written = {
			write(_bytes: Uint8Array, at: number) {
				client.close();
				return at;
			},
		};
		const inside = when !== "by itself";
		expect(() => (inside ? client.publishWith(new Topic("i"), 0, false, written) : client.close())).toThrow(
			"mine",
		);
		expect(client.state).toBe(State.CONNECTED);
		expect(setup.news()).toEqual([]);
		expect(client.publishWith(new Topic("t"), 0, false, writer)).toBe(0);
		client.close();
		const farewell = PUBLISH("longer", "");
		peer.expect(...(inside ? [PUBLISH("i", "")] : []), farewell, PUBLISH("t", ""), farewell, DISCONNECT);
		expect(setup.news()).toEqual([CLOSED]);
	},
);

test("a close that takes long wakes no more often when messages were passed over", () => {
	const setup = connected({ unreleased: 1 });
	setup.client.publish("t", "x", 1);
	setup.peer.take();
	setup.peer.send(PUBLISH("t", "1", { qos: 2, id: 1 }), PUBLISH("t", "2", { qos: 2, id: 2 }));
	setup.clock.advance(5000);
	setup.client.close();
	const { fired } = setup.clock;
	setup.clock.advance(20_000);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.clock.fired - fired).toBeLessThanOrEqual(10);
});
