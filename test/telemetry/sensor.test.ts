// Which readings become messages, and when.

import { NO_ROOM, NOT_OPEN } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import { HELD, INVALID, Sensor, type SensorOptions } from "../../src/telemetry/sensor.js";
import { Mean } from "../../src/telemetry/source.js";
import { Topic } from "../../src/wire/topic.js";
import { DISCONNECT, PINGREQ, PINGRESP, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

function sensor(options: Partial<SensorOptions> = {}, setup = connected()) {
	return { ...parts(setup), sensor: new Sensor(setup.client, { topic: "s", ...options }) };
}

const parts = (setup: Setup) => ({ setup, client: setup.client, peer: setup.peer, clock: setup.clock });

describe("a reading", () => {
	test("is a message of digits", () => {
		const { sensor: it, peer } = sensor({ decimals: 2 });
		expect(it.update(21.534)).toBe(0);
		expect(it.update(-3)).toBe(0);
		peer.expect(PUBLISH("s", "21.53"), PUBLISH("s", "-3.00"));
		expect(it.value).toBe(-3);
	});

	test("has the QoS, the retain flag and the Topic of the options", () => {
		const { sensor: it, peer } = sensor({ topic: new Topic("a/b"), qos: 1, retain: true });
		expect(it.update(7)).toBe(1);
		peer.expect(PUBLISH("a/b", "7", { qos: 1, id: 1, retain: true }));
	});

	test("of the most digits fits its own packet buffer", () => {
		const { sensor: it, peer } = sensor({ topic: "x".repeat(200), decimals: 15, qos: 1 });
		it.update(-9e20);
		peer.expect(PUBLISH("x".repeat(200), "-900000000000000000000.000000000000000", { qos: 1, id: 1 }));
	});
});

describe("deadband", () => {
	test("holds what differs from the last published by less", () => {
		const { sensor: it, peer } = sensor({ decimals: 1, deadband: 0.5 });
		expect([10, 10.4, 10.25, 9.75, 10.5, 10.1, 10].map((value) => it.update(value))).toEqual([
			0,
			HELD,
			HELD,
			HELD,
			0,
			HELD,
			0,
		]);
		peer.expect(PUBLISH("s", "10.0"), PUBLISH("s", "10.5"), PUBLISH("s", "10.0"));
	});

	test("lets every step of just its size through, whatever floating point makes of it", () => {
		const { sensor: it } = sensor({ decimals: 1, deadband: 0.1 });
		for (let tenths = -500; tenths < 1000; tenths++) expect(it.update(tenths / 10)).toBe(0);
		expect(it.update(99.95)).toBe(HELD);
	});

	test("of 0 publishes every reading", () => {
		const { sensor: it, peer } = sensor();
		it.update(1);
		it.update(1);
		peer.expect(PUBLISH("s", "1"), PUBLISH("s", "1"));
	});

	test("takes back a reading that waits, when the value returns", () => {
		const { sensor: it, peer, clock } = sensor({ deadband: 1, interval: 1000 });
		it.update(5);
		it.update(9);
		it.update(5);
		clock.advance(5000);
		peer.expect(PUBLISH("s", "5"));
	});
});

describe("interval", () => {
	test("holds readings; the last one goes out at its end", () => {
		const { sensor: it, peer, clock } = sensor({ interval: 1000 });
		expect([1, 2, 3].map((value) => it.update(value))).toEqual([0, HELD, HELD]);
		clock.advance(750);
		peer.expect(PUBLISH("s", "1"));
		clock.advance(250);
		peer.expect(PUBLISH("s", "3"));
		clock.advance(5000);
		peer.expect();
		expect(it.update(4)).toBe(0);
	});

	test("passes over a wrap of the clock", () => {
		const { sensor: it, peer, clock } = sensor({ interval: 4000 }, connected({}, {}, 2 ** 31 - 2000));
		it.update(1);
		it.update(2);
		clock.advance(3750);
		peer.expect(PUBLISH("s", "1"));
		clock.advance(250);
		peer.expect(PUBLISH("s", "2"));
	});

	test.each([0, 1000])("of %d ms is over after a month of silence", (interval) => {
		const { sensor: it, peer, clock } = sensor({ interval }, connected({ keepAlive: 0 }));
		it.update(1);
		peer.take();
		for (let day = 0; day < 31; day++) {
			clock.block(86_400_000);
			clock.advance(250);
		}
		expect(it.update(2)).toBe(0);
		peer.expect(PUBLISH("s", "2"));
	});
});

describe("heartbeat", () => {
	test("publishes the last reading again, and not before there is one", () => {
		const { sensor: it, peer, clock } = sensor({ heartbeat: 10_000, deadband: 1 });
		clock.advance(30_000);
		peer.expect();
		it.update(5);
		it.update(5.3);
		clock.advance(9750);
		peer.expect(PUBLISH("s", "5"));
		clock.advance(250);
		peer.expect(PUBLISH("s", "5"));
		clock.advance(10_000);
		peer.expect(PUBLISH("s", "5"));
	});
});

describe("source", () => {
	test("gives a reading at each interval, which is judged as any other", () => {
		const mean = new Mean();
		const { sensor: it, peer, clock } = sensor({ source: mean, decimals: 1, interval: 1000, deadband: 0.5 });
		mean.add(20);
		mean.add(21);
		clock.advance(750);
		peer.expect();
		clock.advance(250);
		peer.expect(PUBLISH("s", "20.5"));
		clock.advance(1000); // no readings in this one
		expect(it.invalidReadings).toBe(1);
		mean.add(20.7);
		clock.advance(1000);
		peer.expect();
		mean.add(22);
		clock.advance(1000);
		peer.expect(PUBLISH("s", "22.0"));
	});

	test("that comes late is not late again", () => {
		let n = 0;
		const { peer, clock } = sensor({ source: () => ++n, interval: 1000 });
		clock.block(1100);
		clock.advance(250);
		clock.advance(750);
		peer.expect(PUBLISH("s", "1"), PUBLISH("s", "2"));
	});

	test("of an interval that is no multiple of the client's looks drifts neither", () => {
		let n = 0;
		const { peer, clock } = sensor({ source: () => ++n, interval: 900 });
		clock.advance(2750); // at 1000, 2000 and 2750
		peer.expect(PUBLISH("s", "1"), PUBLISH("s", "2"), PUBLISH("s", "3"));
	});

	test("has its text when it gives no number", () => {
		const { peer, clock } = sensor({ source: () => Number.NaN, interval: 1000, invalid: "none" });
		clock.advance(1000);
		peer.expect(PUBLISH("s", "none"));
	});
});

test("name, unit, decimals and topic are there for whoever describes the device", () => {
	const { sensor: it } = sensor({ name: "Kitchen", unit: "°C", decimals: 1 });
	expect([it.topic.name, it.name, it.unit, it.decimals]).toEqual(["s", "Kitchen", "°C", 1]);
});

describe("no connection", () => {
	test('keep "newest": one reading goes, the last; the others are told as dropped', () => {
		const { sensor: it, setup } = sensor({ qos: 1 }, new Setup({ storeSize: 64 }));
		expect([1, 2, 3].map((value) => it.update(value))).toEqual([1, 2, 3]);
		expect(setup.news()).toEqual([`dropped 1 ${reasons.REPLACED}`, `dropped 2 ${reasons.REPLACED}`]);
		expect(setup.client.publish("t", "the pool is free")).toBe(0);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("s", "3", { qos: 1, id: 3 }), PUBLISH("t", "the pool is free"));
	});

	test('keep "all": all go, as far as the pool reaches, then the newest', () => {
		const { sensor: it, setup } = sensor({ keep: "all" }, new Setup({ storeSize: 32 }));
		expect([1, 2, 3, 4].map((value) => it.update(value))).toEqual([0, 0, NO_ROOM, NO_ROOM]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("s", "1"), PUBLISH("s", "2"), PUBLISH("s", "4"));
		setup.clock.advance(5000);
		setup.peer.expect();
	});
});

test("a reading in flight is never replaced; the newest follows it", () => {
	const { sensor: it, peer } = sensor({ qos: 1 }, connected({ keepAlive: 0, window: 1 }));
	expect([1, 2, 3].map((value) => it.update(value))).toEqual([1, 2, 3]);
	peer.expect(PUBLISH("s", "1", { qos: 1, id: 1 }));
	peer.send(PUBACK(1));
	peer.expect(PUBLISH("s", "3", { qos: 1, id: 3 }));
});

test("what finds a full store goes by itself as soon as there is room, the newest", () => {
	const { sensor: it, client, peer } = sensor({}, connected({ storeSize: 64 }));
	const long = "x".repeat(51); // fills the store
	client.publish("t", long, 1);
	expect(client.publish("t", "y", 1)).toBe(NO_ROOM);
	// What can go at once needs no room.
	expect(it.update(1)).toBe(0);
	peer.expect(PUBLISH("t", long, { qos: 1, id: 1 }), PUBLISH("s", "1"));
	const slow = sensor({ qos: 1, topic: "q" }, { client, peer } as never).sensor;
	expect([slow.update(1), slow.update(2)]).toEqual([NO_ROOM, NO_ROOM]);
	peer.send(PUBACK(1));
	peer.expect(PUBLISH("q", "2", { qos: 1, id: 2 }));
});

describe("what is no number to write", () => {
	const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, -1e300];

	test.each(values)("%d is refused and counted", (value) => {
		const { sensor: it, peer } = sensor();
		it.update(3);
		expect(it.update(value)).toBe(INVALID);
		expect(it.invalidReadings).toBe(1);
		expect(it.value).toBe(3);
		peer.expect(PUBLISH("s", "3"));
	});

	test.each(values)("%d is the text of the option, once within a deadband", (value) => {
		const { sensor: it, peer } = sensor({ invalid: "kaputt, °", deadband: 1 });
		expect([1, value, value, 1].map((reading) => it.update(reading))).toEqual([0, 0, HELD, 0]);
		peer.expect(PUBLISH("s", "1"), PUBLISH("s", "kaputt, °"), PUBLISH("s", "1"));
	});
});

describe("what is no number", () => {
	const none = [null, undefined, "21.5", "", true, [], {}] as unknown as number[];

	test.each(none)("%j is refused and counted", (value) => {
		const { sensor: it, peer } = sensor({ qos: 1 });
		expect(it.update(value)).toBe(INVALID);
		expect(it.invalidReadings).toBe(1);
		peer.expect();
	});

	test.each(none)("%j is published as the option says", (value) => {
		const { sensor: it, peer } = sensor({ invalid: "none" });
		expect(it.update(value)).toBe(0);
		peer.expect(PUBLISH("s", "none"));
		expect(it.value).toBeNaN();
	});

	test("is no reading of a source either", () => {
		const values = [null as never, 5];
		const { sensor: it, peer, clock } = sensor({ source: () => values.shift()!, interval: 250 });
		clock.advance(500);
		peer.expect(PUBLISH("s", "5"));
		expect(it.invalidReadings).toBe(1);
	});
});

describe("close", () => {
	test("publishes what the interval holds", () => {
		const { sensor: it, client, peer } = sensor({ interval: 60_000 });
		it.update(1);
		it.update(2);
		client.close();
		peer.expect(PUBLISH("s", "1"), PUBLISH("s", "2"), DISCONNECT);
	});

	test("publishes what follows a reading in flight", () => {
		const { sensor: it, client, peer } = sensor({ qos: 1 });
		it.update(1);
		expect(it.update(2)).toBe(2);
		client.close();
		peer.expect(PUBLISH("s", "1", { qos: 1, id: 1 }), PUBLISH("s", "2", { qos: 1, id: 2 }));
	});
});

test.each(["newest", "all"] as const)("while the app writes a payload, a reading waits, keep %s", (keep) => {
	const { sensor: it, client, peer, clock } = sensor({ keep });
	client.publishWith(new Topic("t"), 0, false, {
		write(_bytes, at) {
			expect([it.update(1), it.update(2)]).toEqual([NO_ROOM, NO_ROOM]);
			return at;
		},
	});
	peer.expect(PUBLISH("t", ""), PUBLISH("s", "2"));
	clock.advance(250);
	peer.expect();
});

test("after close, a reading is refused", () => {
	const { sensor: it, client } = sensor();
	client.close();
	expect(it.update(1)).toBe(NOT_OPEN);
});

test.each([
	[{ topic: "a/#" }, /wildcard/],
	[{ topic: undefined }, /topic name must be a string/],
	[{ decimals: 16 }, /decimals is 16.*0 to 15/],
	[{ decimals: 1.5 }, /decimals is 1.5/],
	[{ qos: 3 as never }, /qos is 3/],
	[{ retain: "false" as never }, /retain is false, of type string/],
	[{ deadband: "0.1" as never }, /deadband is 0.1/],
	[{ deadband: null as never }, /deadband is null/],
	[{ interval: -1 }, /interval is -1/],
	[{ heartbeat: 2 ** 30 }, /heartbeat/],
	[{ deadband: -1 }, /deadband is -1/],
	[{ deadband: Number.NaN }, /deadband is NaN/],
	[{ source: () => 1 }, /interval is 0: it must be a whole number from 1 /],
	[{ source: 7 as never, interval: 1000 }, /a Sensor must have a source/],
	[{ keep: "some" }, /keep is "some"/],
	[{ invalid: "\ud800" }, /lone surrogate/],
] as [Partial<SensorOptions>, RegExp][])("the option %j throws", (option, rule) => {
	expect(() => sensor(option)).toThrow(rule);
});

test("a heartbeat that found no room is followed by others when there is some", () => {
	const {
		setup,
		sensor: it,
		peer,
		clock,
	} = sensor({ heartbeat: 5000, keep: "all" }, connected({ storeSize: 16 }, { room: 6 }));
	it.update(1);
	for (let second = 0; second < 51; second++) {
		if (second < 50) peer.take();
		clock.advance(1000);
	}
	expect([0, 1].map(() => setup.client.publish("q", "0"))).toEqual([0, NO_ROOM]);
	clock.advance(4100);
	peer.expect(PUBLISH("s", "1"), PINGREQ, PUBLISH("q", "0"), PUBLISH("s", "1"));
	peer.send(PINGRESP);
	for (let i = 0; i < 6; i++) {
		clock.advance(5000);
		peer.expect(PUBLISH("s", "1"));
	}
});
