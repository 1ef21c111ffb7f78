// What hosts/desktop promises: sockets as boards have them, counters, limits, frozen state, faults of the network.

import { createServer, type Server, type Socket } from "node:net";
import { resolve } from "node:path";
import { Board } from "../../hosts/desktop/board.js";
import { Device, FIRST, reportOf, STACKS, start } from "../support/board.js";
import * as c from "./firmware/commands.js";

interface Heard {
	event: string;
	value?: unknown;
}

const run = <T>(name: string, more: object = {}) =>
	reportOf<T>({ firmware: "test/xs/firmware/host", config: { name, ...more } });

test(
	"counters count each allocation, in the bytes of a board",
	async () => {
		expect(await run("allocations")).toEqual({
			nothing: [0, 0],
			"an object of two": [3, 0],
			"an ArrayBuffer of 10": [expect.any(Number), 8 + 12],
			"a buffer that shrinks and grows back": [0, 0],
			"a hundred objects that go at once": [100, 0],
			"the length of a string": [2, 0],
			"a double": [0, 0],
		});
	},
	FIRST,
);

test("collections and work count since the mark", async () => {
	expect(await run("collections")).toEqual({ done: 2, worked: true, after: 0 });
});

test("a chunk in use counts as on a board, before and after a collection", async () => {
	expect(await run("chunks")).toEqual([12, 12, 16, 16, 20, 20, 24, 24].map((bytes) => [bytes, bytes]));
});

test("no more is ever in use than the board has, and it is used to the full", async () => {
	const { most, collections } = await reportOf<{ most: number; collections: number }>({
		firmware: "test/xs/firmware/host",
		config: { name: "limit" },
		board: "esp8266",
	});
	expect(collections).toBeGreaterThan(10);
	expect(most).toBeGreaterThan(28_000);
	expect(most).toBeLessThanOrEqual(28_672);
});

test("a repeating timer allocates nothing, and ticks never go back", async () => {
	expect(await run("timers")).toEqual({ slots: 0, chunkBytes: 0, backward: 0, whole: true });
});

test("random numbers are others at each start, as a board's are, and come again with a seed", async () => {
	const numbers = (seed?: number) =>
		reportOf<number[]>({ firmware: "test/xs/firmware/host", config: { name: "random" }, seed });
	expect(await numbers()).not.toEqual(await numbers());
	expect(await numbers(4_294_967_295)).toEqual(await numbers(4_294_967_295));
	expect(await numbers(1)).not.toEqual(await numbers(2));
});

test.each(["", "x", "-1", "1x", "4294967296"])('"%s" is no seed, and refused', async (seed) => {
	const device = new Device({ firmware: "test/xs/firmware/host", args: ["--seed", seed] });
	await expect(device.board.start()).rejects.toThrow("not a seed from 0 to 4294967295");
	expect(await device.board.ended).toMatchObject({ status: 64 });
});

test.each([
	["exception", "The board has ended: exception: RangeError: nobody catches this"],
	["memory", "The board has ended: memory full"],
	["stack", "The board has ended: stack full: "],
])("who asks a board that ran into %s hears of it", async (name, why) => {
	const { board } = new Device({ firmware: "test/xs/firmware/host", config: { name }, board: "esp8266" });
	await board.start();
	await board.ended;
	await expect(board.counters()).rejects.toThrow(why);
	await expect(board.collect()).rejects.toThrow(why);
	await expect(board.next("trace")).rejects.toThrow(why);
});

test("what was not started has no counters, and TypeScript is not firmware yet", async () => {
	const board = new Board({ firmware: "test/xs/firmware/host.ts" });
	await expect(board.counters()).rejects.toThrow("The board was not started.");
	await expect(board.collect()).rejects.toThrow("The board was not started.");
	await expect(board.start()).rejects.toThrow(/host\.ts is TypeScript.*compile it.*\.js/);
});

test.each([
	["memory", { board: "esp8266" }, { reason: "memory", message: expect.stringContaining("of 28672") }, 70],
	["memory", { board: "esp32" }, { reason: "memory", message: expect.stringContaining("of 59392") }, 70],
	["stack", { board: "esp8266" }, { reason: "stack" }, 71],
	["exception", {}, { reason: "exception", message: expect.stringContaining("nobody catches this") }, 72],
	["rejection", {}, { reason: "rejection", message: expect.stringContaining("nobody awaits this") }, 73],
] as const)("running into %s with %j ends with a message", async (name, options, abort, status) => {
	const device = await start({ firmware: "test/xs/firmware/host", config: { name }, ...options });
	expect(await device.board.ended).toMatchObject({ status, abort });
});

test("lines are whole, bounded and valid, whatever is in them", async () => {
	const device = new Device({ firmware: "test/xs/firmware/host", config: { name: "output" } });
	const traces: string[] = [];
	device.board.on("trace", ({ text }) => traces.push(text));
	await device.board.start();
	expect(await device.next()).toBe("y".repeat(20_000));
	expect(await device.board.ended).toMatchObject({ status: 7, stderr: "" });
	expect(traces[0]).toMatch(/^x{1000,}\.\.\.$/);
	expect(traces[0].length).toBeLessThan(5000);
	expect(traces[1]).toBe('quotes " and \\ and \u0001 and °');
});

test("numbers and readings are lines as well, and allocate nothing", async () => {
	const device = new Device<{ allocated: number[]; loadAverage: number }>({
		firmware: "test/xs/firmware/host",
		config: { name: "numbers" },
	});
	const numbers: (number | null)[][] = [];
	const measured: { name: string; value: number | null }[] = [];
	device.board.on("numbers", ({ values }) => numbers.push(values));
	device.board.on("measured", ({ name, value }) => measured.push({ name, value }));
	await device.board.start();
	const { allocated, loadAverage } = await device.next();
	await device.board.ended;
	expect(allocated).toEqual([0, 0]);
	expect(numbers).toEqual([[0, -1.5, 0.1 + 0.2, 1e300], [null, null], []]);
	expect(measured.map(({ name }) => name)).toEqual([
		"loadAverage",
		"freeMemory",
		"temperature",
		"loadAverage",
	]);
	expect(measured[3].value).toBe(loadAverage);
	expect(measured[1].value).toBeGreaterThan(1000);
});

test("state of a preloaded module is frozen, as in flash", async () => {
	const firmware = "test/xs/firmware/frozen";
	const found = await reportOf<Record<string, string>>({
		firmware,
		preload: [resolve("build/test/xs/firmware/state.js")],
	});
	const { let: binding, instance, "module that is not preloaded": own, ...frozen } = found;
	expect([binding, instance, own]).toEqual(["written", "written", "written"]);
	for (const [what, outcome] of Object.entries(frozen)) expect([what, outcome]).toEqual([what, "TypeError"]);
	// Without preloading, all of it is the module's own.
	const free = await reportOf<Record<string, string>>({ firmware });
	expect(Object.entries(free).filter(([, outcome]) => outcome !== "written")).toEqual([
		["built-in", "TypeError"],
	]);
});

describe("names", () => {
	test("localhost is an address", async () => {
		expect(await run("resolve", { host: "localhost" })).toEqual({
			resolved: [expect.any(String), "127.0.0.1"],
		});
	}, 20_000);

	test("what does not exist fails", async () => {
		expect(await run("resolve", { host: "does-not-exist.invalid" })).toEqual({
			failed: "does-not-exist.invalid",
		});
	}, 60_000);
});

describe.each(STACKS)("a socket of %s", (stack) => {
	let server: Server;
	let peers: Socket[];
	let arrived: (() => void)[];
	let device: Device<Heard>;

	beforeEach(async () => {
		peers = [];
		arrived = [];
		server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
			socket.on("error", () => {});
			peers.push(socket);
			for (const wake of arrived.splice(0)) wake();
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const { port } = server.address() as { port: number };
		device = await start<Heard>({ firmware: "test/xs/firmware/host-tcp", stack, config: { port } });
		await heard("ready");
	}, FIRST);

	afterEach(async () => {
		for (const peer of peers) peer.destroy();
		await new Promise((closed) => server.close(closed));
	});

	const heard = async (event: string) => (await device.next((report) => report.event === event)).value;
	const count = (event: string) => device.all.filter((report) => report.event === event).length;

	/** Tells the firmware, and hears what came of it. */
	async function tell(command: number, event: string): Promise<unknown> {
		device.board.reading(command);
		return heard(event);
	}

	async function connected(): Promise<Socket> {
		expect(await tell(c.OPEN, "opened")).toMatch(/^threw (not ready|would block)$/);
		expect(await heard("writable")).toBeGreaterThan(1000);
		await heard("constructed");
		while (peers.length === 0) await new Promise<void>((wake) => arrived.push(wake));
		return peers[0];
	}

	/** Time in which a callback that must not come would come. */
	const aWhile = () => new Promise((later) => setTimeout(later, 150));

	test("announces totals, once: what is left unread is not announced again", async () => {
		const peer = await connected();
		peer.write(Uint8Array.of(1, 2, 3, 4));
		expect(await heard("readable")).toBe(4);
		expect(await tell(c.READ_TWO, "read")).toEqual([1, 2]);
		await aWhile();
		expect(count("readable")).toBe(1);
		peer.write(Uint8Array.of(5));
		expect(await heard("readable")).toBe(3);
		expect(await tell(c.READ_ALL, "read")).toEqual([3, 4, 5]);
	});

	test("reads exactly, or throws, or says that nothing is there", async () => {
		const peer = await connected();
		expect(await tell(c.READ_TWO, "read")).toBe("undefined");
		peer.write(Uint8Array.of(1, 2, 3));
		await heard("readable");
		expect(await tell(c.READ_MORE, "read")).toMatch(/^threw /);
		expect(await tell(c.READ_EMPTY, "read")).toMatch(/^threw /);
		expect(await tell(c.READ_ALL, "read")).toEqual([1, 2, 3]);
		expect(await tell(c.READ_TWO, "read")).toBe("undefined");
	});

	test("takes all or throws, and says how much room is left, then when there is more", async () => {
		const peer = await connected();
		const room = device.all.find(({ event }) => event === "writable")?.value as number;
		expect(await tell(c.WRITE_TOO_MUCH, "wrote")).toBe("threw would block");
		expect(await tell(c.WRITE, "wrote")).toBe(room - 100);
		peer.resume();
		expect(await heard("writable")).toBe(room);
	});

	test("many tiny writes run out of segments on lwip, which is an error", async () => {
		await connected();
		device.board.freeze();
		let last: unknown;
		for (let i = 0; i < 40 && last !== "undefined"; i++) last = await tell(c.WRITE_TINY, "wrote");
		if (stack === "lwip") {
			expect(last).toBe("undefined");
			await heard("error");
		} else expect(last).toEqual(expect.any(Number));
	});

	test("after close it is no socket any more, and closing twice does no harm", async () => {
		const peer = await connected();
		expect(await tell(c.CLOSE, "closed")).toBe("threw invalid host data");
		expect(await tell(c.WRITE_TINY, "wrote")).toBe("threw invalid host data");
		peer.write(Uint8Array.of(1));
		await aWhile();
		expect(count("readable")).toBe(0);
	});

	test("tells the end of an empty stream", async () => {
		(await connected()).end();
		await heard("error");
	});

	test("the end behind unread bytes is told by lwip when they are read, by lin never", async () => {
		const peer = await connected();
		peer.write(Uint8Array.of(1, 2));
		await heard("readable");
		peer.end();
		await aWhile();
		expect(count("error")).toBe(0);
		expect(await tell(c.READ_TWO, "read")).toEqual([1, 2]);
		await aWhile();
		expect(count("error") > 0).toBe(stack === "lwip");
	});

	test("a refused connection is an error", async () => {
		await new Promise((closed) => server.close(closed));
		device.board.reading(c.OPEN);
		await heard("error");
	});

	test("a cut is told here, not there, and new sockets fail until restore", async () => {
		const peer = await connected();
		let told = false;
		for (const event of ["end", "close"]) peer.on(event, () => (told = true));
		peer.resume();
		device.board.cut();
		await heard("error");
		await aWhile();
		expect(told).toBe(false);
		const constructed = await tell(c.OPEN, "constructed");
		if (stack === "lwip") expect(constructed).toBe("threw connect error");
		else await heard("error");
		device.board.restore();
		device.board.reading(c.OPEN);
		expect(await heard("writable")).toBeGreaterThan(1000);
	});

	test("a freeze is told nobody, and after it all arrives", async () => {
		const peer = await connected();
		const got: number[] = [];
		peer.on("data", (bytes) => got.push(...bytes));
		device.board.freeze();
		await tell(c.WRITE, "wrote");
		peer.write(Uint8Array.of(7, 8));
		await aWhile();
		expect(got).toEqual([]);
		expect([count("readable"), count("error")]).toEqual([0, 0]);
		device.board.restore();
		expect(await heard("readable")).toBe(2);
		while (got.length < 100) await new Promise((later) => peer.once("data", later));
		expect(got).toHaveLength(100);
	});

	test("unplugging resets the connection at once", async () => {
		const peer = await connected();
		peer.resume();
		const gone = new Promise((close) => peer.once("close", close));
		expect(await device.board.unplug()).toMatchObject({ abort: undefined });
		await gone;
	});
});
