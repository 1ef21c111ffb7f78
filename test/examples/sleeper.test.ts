// examples/sleeper on the desktop host: to wake is to be started again.

import { FIRST } from "../support/board.js";
import { BROKERS, judge, unique } from "../support/brokers.js";
import { startExample } from "./example.js";

interface Asleep {
	sleep: number;
}

test.each(BROKERS)(
	"each time it wakes it delivers one message and leaves in good order, with %s",
	async (_broker, startBroker) => {
		const { port, arrivals, leaves } = await startBroker();
		const name = unique("sleeper");
		const other = await (await judge(port)).subscribe(name);
		for (let wake = 1; wake <= 3; wake++) {
			const device = await startExample<Asleep>("sleeper", { port, name, interval: 600_000 });
			expect(await device.next()).toEqual({ sleep: 600_000 });
			expect((await device.board.ended).status).toBe(0);
			await leaves.atLeast(wake, ({ clientId }) => clientId.startsWith(name));
			await other.settled();
			expect(other.on(name)).toHaveLength(wake);
		}
		for (const { payload, qos } of other.on(name)) {
			expect(qos).toBe(1);
			expect(Object.keys(JSON.parse(payload))).toEqual(["load", "memory", "temperature"]);
			expect(JSON.parse(payload).memory).toBeGreaterThan(0);
		}
		expect(leaves.all.filter(({ clientId }) => clientId.startsWith(name))).toEqual(
			Array(3).fill({ clientId: expect.any(String), orderly: true }),
		);
		expect(arrivals.all.filter(({ topic, dup }) => topic === name && dup)).toEqual([]);
	},
	FIRST,
);

test("without a broker it sleeps too, and says why", async () => {
	const device = await startExample<Asleep>("sleeper", { port: 1, name: "sleeper", interval: 1000 });
	expect(await device.next()).toEqual({ sleep: 1000 });
	expect(await device.traces.next()).toMatch(/^not delivered: no TCP connection to the broker/);
}, 60_000);
