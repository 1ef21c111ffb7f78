// A broker restarts under a thousand boards: their attempts must not come together.

import { State } from "../../src/client.js";
import { connected, type Setup } from "../support/setup.js";
import { Random } from "../xs/fuzz/random.js";

const BOARDS = 1000;
const TICK = 250;

/** Attempts of all boards in each tick, from the break until all are connected; the broker is back after `down` ms. */
function storm(down: number): number[] {
	const random = new Random(20);
	const boards: Setup[] = [];
	for (let i = 0; i < BOARDS; i++)
		boards.push(connected({ random: () => random.below(1 << 20) / (1 << 20) }));
	for (const board of boards) board.peer.fail();
	const attempts: number[] = [];
	for (let now = 0; boards.some(({ client }) => client.state !== State.CONNECTED); now += TICK) {
		let count = 0;
		for (const { place, clock, client } of boards) {
			if (client.state === State.CONNECTED) continue;
			const before = place.peers.length;
			clock.advance(TICK);
			if (place.peers.length === before) continue;
			count++;
			if (now < down) place.peer.fail();
			else place.peer.accept();
		}
		attempts.push(count);
		if (now > 300_000) throw new Error("some boards never come back");
	}
	return attempts;
}

test("after a short break all are back within the first bound, evenly spread", () => {
	const attempts = storm(0);
	// A second, in quarters; what is due in a quarter goes at its end.
	expect(attempts.length).toBeLessThanOrEqual(5);
	expect(attempts.reduce((sum, count) => sum + count)).toBe(BOARDS);
	for (const count of attempts) expect(count).toBeLessThan(0.32 * BOARDS);
});

test("after a minute the broker meets a few boards at a time", () => {
	const attempts = storm(60_000);
	const back = attempts.slice(60_000 / TICK);
	expect(back.reduce((sum, count) => sum + count)).toBe(BOARDS);
	// Nowhere more than 5 in a hundred come in a quarter of a second, and it takes them at least 20 seconds.
	expect(Math.max(...back)).toBeLessThan(0.05 * BOARDS);
	expect(back.length * TICK).toBeGreaterThan(20_000);
	// Nor do they hammer at a closed door: ten attempts each in that minute at most.
	expect(attempts.reduce((sum, count) => sum + count)).toBeLessThan(11 * BOARDS);
});
