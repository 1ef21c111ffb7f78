import { Player } from "../../tools/sim/player.js";
import type { Replay } from "../../tools/sim/replay.js";

describe("the player", () => {
	const replay: Replay = {
		readings: [1, 2, 2, 4, 5, 6].map((value, i) => ({ at: i * 10, value })),
		decimals: 0,
	};
	const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
	const until = async (condition: () => boolean) => {
		while (!condition()) await turn();
	};

	test("waits for what is on its way, and for power", async () => {
		const sent: number[] = [];
		const player = new Player(replay, 0, (value) => sent.push(value));
		await turn();
		expect(sent).toEqual([]);
		player.power(true);
		await until(() => sent.length >= 4);
		await turn();
		expect(sent).toEqual([1, 2, 2, 4]);
		player.received("2");
		player.received("99");
		player.received("");
		await until(() => sent.length >= 5);
		expect(sent).toEqual([1, 2, 2, 4, 5]);
		expect(player.arrived).toBe(1);
		player.stop();
	});

	test("what was lost with the power comes again; a second copy does not count", async () => {
		const sent: number[] = [];
		const player = new Player(replay, 0, (value) => sent.push(value));
		player.power(true);
		await until(() => sent.length === 4);
		player.received("1");
		player.received("1");
		expect(player.arrived).toBe(1);
		player.power(false);
		const before = sent.length;
		await turn();
		expect(sent.length).toBe(before);
		player.power(true);
		await until(() => sent.length === before + 4);
		expect(sent.slice(before, before + 3)).toEqual([2, 2, 4]);
		for (const value of [2, 2, 4, 5]) player.received(String(value));
		await until(() => sent.at(-1) === 6);
		for (const value of [5, 6]) player.received(String(value));
		expect(player.done).toBe(true);
	});

	test("keeps the file's pace, or the one that is given", async () => {
		const at: number[] = [];
		const start = performance.now();
		const player: Player = new Player(
			{ ...replay, readings: replay.readings.slice(0, 3) },
			undefined,
			(value) => {
				at.push(performance.now() - start);
				queueMicrotask(() => player.received(String(value)));
			},
		);
		expect(player.duration).toBe(20);
		player.power(true);
		await until(() => player.done);
		expect(at[1]).toBeGreaterThan(8);
		expect(at[2]).toBeGreaterThan(17);
		expect(new Player(replay, 7, () => {}).duration).toBe(35);
	});
});
