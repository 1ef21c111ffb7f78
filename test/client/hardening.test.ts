// Calls at the wrong moment, and callbacks that interfere: what the client still holds to.

import { NO_ROOM, State } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import { Sensor } from "../../src/telemetry/sensor.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const topic = new Topic("t");

test("a message larger than the socket's room goes out in pieces, whatever packetSize is", () => {
	for (const packetSize of [64, 3000]) {
		const setup = connected({ packetSize }, { room: 1072 });
		setup.client.publish("t", "a".repeat(1900));
		setup.peer.expect(PUBLISH("t", "a".repeat(1900)));
	}
});

test("close in onDropped, for a message that made room: the new one was accepted, and is given up", () => {
	const setup: Setup = new Setup({
		storeSize: 16,
		whenFull: "dropOldest",
		onDropped(id) {
			setup.log.push(`dropped ${id}`);
			setup.client.close();
		},
	});
	setup.client.publish("t", "old", 1);
	expect(setup.client.publish("t", "new", 1)).toBe(2);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.news()).toEqual(["dropped 1", "dropped 2", `disconnected ${reasons.CLOSED_BY_APP}`]);
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

test("a wrong call with a full pool throws, and drops nothing", () => {
	for (const whenFull of ["refuse", "dropOldest"] as const) {
		const setup = new Setup({ storeSize: 16, packetSize: 64, whenFull });
		setup.client.publish("t", "held", 1);
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

test("room for one sensor is announced though another has published meanwhile", () => {
	const setup = connected({ storeSize: 32 });
	const a = new Sensor(setup.client, { topic: "a", qos: 1 });
	const b = new Sensor(setup.client, { topic: "b", qos: 1 });
	a.update(1);
	b.update(1);
	expect(a.update(2)).toBe(NO_ROOM);
	expect(b.update(2)).toBe(NO_ROOM);
	setup.peer.take();
	setup.peer.send(PUBACK(1), PUBACK(2));
	setup.peer.expect(PUBLISH("a", "2", { qos: 1, id: 3 }), PUBLISH("b", "2", { qos: 1, id: 4 }));
});
