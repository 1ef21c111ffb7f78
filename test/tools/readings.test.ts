import { writeDecimal } from "../../src/telemetry/decimal.js";
import { Readings } from "../../tools/sim/readings.js";

test("a reading is the board's when it was measured, once, under its name", () => {
	const readings = new Readings();
	readings.measured("load", 0.254);
	readings.measured("memory", 0.254);
	readings.measured("other", 1);
	for (const payload of ["", "0.3", "0.254", "0.250", " 0.25", "0", "1"])
		expect(readings.received("load", payload)).toBe(false);
	expect(readings.received("other", "1")).toBe(false);
	expect(readings.received("__proto__", "0.25")).toBe(false);
	expect(readings.received("temperature", "0.25")).toBe(false);
	expect(readings.received("load", "0.25")).toBe(true);
	expect(readings.received("load", "0.25")).toBe(false);
	expect(readings.received("memory", "0")).toBe(true);
});

test("what was measured before one that came does not come any more", () => {
	const readings = new Readings();
	for (const value of [1, 2, 3, 2]) readings.measured("memory", value);
	expect(readings.received("memory", "2")).toBe(true);
	expect(readings.received("memory", "1")).toBe(false);
	expect(readings.received("memory", "2")).toBe(true);
	expect(readings.received("memory", "3")).toBe(false);
});

test("a board that is cut off for a week fills no memory", () => {
	const readings = new Readings();
	for (let i = 0; i < 100_000; i++) readings.measured("memory", i);
	expect(readings.received("memory", "0")).toBe(false);
	expect(readings.received("memory", "99999")).toBe(true);
});

test("digits are those that the firmware writes", () => {
	const bytes = new Uint8Array(64);
	const values = [0, -0, 0.005, -0.001, -0.05, 1.005, 2.675, 20.25, 20.35, -20.25, 24_699_887_616, 99.999];
	for (const [name, decimals] of [
		["load", 2],
		["memory", 0],
		["temperature", 1],
	] as const)
		for (const value of values) {
			const readings = new Readings();
			readings.measured(name, value);
			const payload = Buffer.from(bytes.subarray(0, writeDecimal(value, decimals, bytes, 0))).toString();
			expect([value, payload, readings.received(name, payload)]).toEqual([value, payload, true]);
		}
});
