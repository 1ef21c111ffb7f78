// Whatever a peer sends: no exception, no hang, no growth. XS_MQTT_SEED repeats a run, XS_MQTT_PACKETS sets its length.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as wire from "../../src/wire/reason.js";
import { FIRST, reportOf } from "../support/board.js";
import type { Fuzzed } from "./fuzz/fuzz.js";

const seed = Number(process.env.XS_MQTT_SEED ?? 419_311);
const packets = Number(process.env.XS_MQTT_PACKETS ?? 1_000_000);

/** Metering units for one piece of a packet, of at most 1800 bytes. */
const MOST_WORK = 200_000;

/** Both must happen often enough to mean something, and every rule must be broken at some time. */
function expectFair({ packets, accepted, rejected, messages, delivered }: Fuzzed): void {
	const closed = Object.values(rejected).reduce((sum, count) => sum + count, 0);
	expect(accepted + closed).toBe(packets);
	expect(accepted).toBeGreaterThan(packets / 5);
	expect(closed).toBeGreaterThan(packets / 5);
	expect(messages).toBeGreaterThan(packets / 5);
	expect(delivered).toBeGreaterThan(packets / 50);
	const rules = Object.entries(wire).filter(([, it]) => it instanceof wire.Reason && it.fault === "peer");
	const broken = rules.map(([name]) => name).filter((name) => rejected[name] > 0);
	const unreachable = [
		"NOT_YET_CONNECTED", // each connection begins with CONNACK
		"CONNACK_CLEAN", // the client asks for its session
		"SUBACK_CODES", // honest answers come before a mutated one could
	];
	expect(broken.sort()).toEqual(
		rules
			.map(([name]) => name)
			.filter((name) => !unreachable.includes(name))
			.sort(),
	);
}

test(
	`1,000,000 mutated packets in XS, seed ${seed}: no exception, no hang, no growth`,
	async () => {
		const report = await reportOf<{
			failed?: string;
			fuzzed: Fuzzed;
			heaps: { slots: number; chunkBytes: number }[];
		}>({ firmware: "test/xs/firmware/fuzz", config: { seed, packets } });
		expect(report).toEqual({ fuzzed: expect.anything(), heaps: expect.anything() });
		expectFair(report.fuzzed);
		expect(report.fuzzed.work).toBeLessThan(MOST_WORK);
		expect(report.heaps).toEqual(Array(10).fill(report.heaps[0]));
	},
	FIRST,
);

test(`30,000 mutated packets in Node, seed ${seed}`, async () => {
	const args = ["build/test/xs/fuzz/in-node.js", `${seed}`, "30000"];
	const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
	expectFair(JSON.parse(stdout));
}, 60_000);
