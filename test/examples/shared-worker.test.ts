// examples/shared-worker on the desktop host: two workers share jobs, with Mosquitto.

import { FIRST } from "../support/board.js";
import { judge, startMosquitto, unique } from "../support/brokers.js";
import { startExample } from "./example.js";

/** Primes up to 100, 1000, 10000. */
const PRIMES: Record<number, number> = { 100: 25, 1000: 168, 10000: 1229 };
const JOBS = 24;

test(
	"each job is done by one of them, and both have some",
	async () => {
		const { port } = await startMosquitto();
		const names = [unique("worker"), unique("worker")];
		const workers = await Promise.all(
			names.map((name) => startExample("shared-worker", { port, name, group: "workers" })),
		);
		const other = await (await judge(port)).subscribe("results/#");
		for (const worker of workers) await worker.traces.next((line) => line.startsWith("connected"));
		await other.settled();
		const limits = Object.keys(PRIMES).map(Number);
		for (let i = 0; i < JOBS; i++) await other.publish(`jobs/${i}`, String(limits[i % limits.length]));
		await other.publish("jobs/wrong", "many");
		const results = await other.atLeast(JOBS, ({ topic }) => topic.startsWith("results/"));
		const done = new Map(results.map(({ topic, payload }) => [topic, payload]));
		expect(done.size).toBe(JOBS);
		const by = new Set<string>();
		for (let i = 0; i < JOBS; i++) {
			const [count, worker] = done.get(`results/${i}`)!.split(" by ");
			expect(Number(count)).toBe(PRIMES[limits[i % limits.length]]);
			by.add(worker);
		}
		expect([...by].sort()).toEqual(names.sort());
		await other.settled();
		expect(other.on()).toHaveLength(JOBS);
	},
	FIRST,
);
