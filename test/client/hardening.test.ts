// Calls at the wrong moment, and callbacks that interfere: what the client still holds to.

import { NO_ROOM, NOT_OPEN, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import { Sensor } from "../../src/telemetry/sensor.js";
import { Status } from "../../src/telemetry/status.js";
import { Topic } from "../../src/wire/topic.js";
import { CONNACK, concat, listing, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { padded } from "../support/store.js";

const topic = new Topic("t");

test("a packet larger than the socket's room goes out in pieces, whatever packetSize is", () => {
	const setup = connected({ packetSize: 2000 }, { room: 1072 });
	const writer = {
		write(bytes: Uint8Array, at: number) {
			bytes.fill(0x61, at, at + 1900);
			return at + 1900;
		},
	};
	setup.client.publishWith(topic, 0, false, writer, setup.client.owner(1901));
	setup.peer.expect(PUBLISH("t", "a".repeat(1900)));
});

test("close in onDropped, for a message that makes room: the new one was accepted, and is told too", () => {
	const setup: Setup = new Setup({
		storeSize: 64,
		whenFull: "dropOldest",
		onDropped: (id, reason) => {
			setup.log.push(`dropped ${id} ${reason}`);
			setup.client.close();
		},
	});
	setup.client.publish("t", padded("old", 40), 1);
	expect(setup.client.publish("t", padded("new", 40), 1)).toBe(2);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.client.statistics).toMatchObject({ published: 2, dropped: 2 });
	expect(setup.news()).toEqual([
		`dropped 1 ${reasons.REPLACED}`,
		`dropped 2 ${reasons.CLOSED_BY_APP}`,
		`disconnected ${reasons.CLOSED_BY_APP}`,
	]);
	expect(setup.client.publish("t", "late", 1)).toBe(NOT_OPEN);
});

test("onDropped that throws while the client closes: all are told, and the end too", () => {
	const told: number[] = [];
	const setup: Setup = new Setup({
		onDropped(id) {
			told.push(id);
			throw new Error(`dropped ${id}`);
		},
	});
	for (let i = 0; i < 3; i++) setup.client.publish("t", "", 1);
	expect(() => setup.client.close()).toThrow("dropped 1");
	expect(told).toEqual([1, 2, 3]);
	expect(setup.news()).toEqual([`disconnected ${reasons.CLOSED_BY_APP}`]);
});

test("a wrong call with a full store throws, and drops nothing", () => {
	for (const whenFull of ["refuse", "dropOldest"] as const) {
		const setup = new Setup({ storeSize: 64, packetSize: 64, whenFull });
		setup.client.publish("t", padded("held", 40), 1);
		expect(() => setup.client.publish("t", "x".repeat(100), 1)).toThrow(/100 bytes does not fit/);
		expect(() => setup.client.publish("t", new Uint8Array(100), 1)).toThrow(/100 bytes does not fit/);
		expect(() => setup.client.publish("t", "x", 3 as never)).toThrow(/qos is 3/);
		expect(() => setup.client.publish(7 as never, "x")).toThrow(/topic is 7/);
		expect(setup.news()).toEqual([]);
	}
});

test("what is nearly a QoS or a flag is not taken for one, also when messages were sent before", () => {
	const setup = connected();
	const payload = new Uint8Array([1, 2, 3]);
	setup.client.publish(topic, payload);
	expect(() => setup.client.publish(topic, payload, 0.5 as never)).toThrow(/qos is 0.5/);
	setup.client.publish(topic, payload);
	expect(() => setup.client.publish(topic, payload, (2 ** 31) as never)).toThrow(/qos is 2147483648/);
	setup.peer.take();
	setup.client.publish(topic, payload, 1);
	setup.peer.send(PUBACK(1));
	setup.client.publish(topic, payload, 0, false);
	for (const retain of [2, 0, "false", "", {}])
		expect(() => setup.client.publish(topic, payload, 0, retain as never)).toThrow(
			/retain is .*true or false/,
		);
	setup.peer.expect(
		PUBLISH("t", "\u0001\u0002\u0003", { qos: 1, id: 1 }),
		PUBLISH("t", "\u0001\u0002\u0003"),
	);
});

test("a Sensor and a Status that find a payload being written publish as soon as it is", () => {
	const setup = new Setup();
	new Status(setup.client, { topic: "s", qos: 0 });
	const sensor = new Sensor(setup.client, { topic: "r" });
	setup.peer.open();
	setup.client.pause();
	setup.peer.send(CONNACK());
	const writer = {
		write(bytes: Uint8Array, at: number) {
			// CONNACK is read now: Status has to wait, and is not made to throw.
			setup.client.resume();
			expect(setup.client.state).toBe(State.CONNECTED);
			expect(sensor.update(1)).toBe(NO_ROOM);
			bytes[at] = 0x78;
			return at + 1;
		},
	};
	expect(setup.client.publishWith(topic, 0, false, writer)).toBe(0);
	setup.clock.advance(1);
	const sent = concat(setup.peer.writes.slice(1));
	expect(listing(sent)).toEqual(
		listing(concat([PUBLISH("t", "x"), PUBLISH("s", "online", { retain: true }), PUBLISH("r", "1")])),
	);
});

test("room for one sensor is announced though another has published meanwhile", () => {
	const setup = connected({ storeSize: 64, window: 8 });
	const a = new Sensor(setup.client, { topic: "a", qos: 1 });
	const b = new Sensor(setup.client, { topic: "b", qos: 1 });
	for (let id = 1; id <= 4; id++) expect(a.update(id)).toBe(id);
	expect(a.update(5)).toBe(NO_ROOM);
	expect(b.update(1)).toBe(NO_ROOM);
	setup.peer.take();
	setup.peer.send(PUBACK(1));
	setup.peer.expect(PUBLISH("a", "5", { qos: 1, id: 5 }));
	setup.peer.send(PUBACK(2));
	setup.peer.expect(PUBLISH("b", "1", { qos: 1, id: 6 }));
});
