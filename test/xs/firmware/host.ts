// What the host promises beside sockets: one case for each name, reported as JSON.

import Resolver from "embedded:network/dns/resolver/udp";
import * as engine from "desktop/engine";
import { freeMemory, loadAverage, temperature } from "desktop/machine";
import config from "mc/config";
import Time from "time";
import Timer from "timer";

const { name, host } = config as { name: string; host?: string };

function report(value: unknown): void {
	engine.report(JSON.stringify(value));
}

/** What a call allocates, and leaves. */
function counted(call: () => void): number[] {
	engine.collect();
	engine.mark();
	call();
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	return [slots, chunkBytes];
}

/** What keeps the last object alive. */
export let kept: unknown;
const cases: Record<string, () => void> = {
	/** Slots and bytes as on a board of 32 bits, allocations and not balances. */
	allocations() {
		const text = "abc";
		const buffer = new ArrayBuffer(100, { maxByteLength: 100 });
		report({
			nothing: counted(() => {}),
			"an object of two": counted(() => {
				kept = { a: 1, b: 2 };
			}),
			"an ArrayBuffer of 10": counted(() => {
				kept = new ArrayBuffer(10);
			}),
			"a buffer that shrinks and grows back": counted(() => {
				for (let i = 0; i < 100; i++) {
					buffer.resize(10);
					buffer.resize(100);
				}
			}),
			"a hundred objects that go at once": counted(() => {
				for (let i = 0; i < 100; i++) kept = {};
			}),
			"the length of a string": counted(() => {
				kept = text.length;
			}),
			"a double": counted(() => {
				kept = 0.1 + i;
			}),
		});
		engine.exit(0);
	},
	collections() {
		engine.mark();
		const before = engine.collections();
		engine.collect();
		engine.collect();
		const done = engine.collections() - before;
		const first = engine.meter();
		for (let n = 0; n < 1000; n++);
		const loop = engine.meter() - first;
		engine.mark();
		report({ done, worked: loop > 1000, after: engine.collections() });
		engine.exit(0);
	},
	/** What is in use with a chunk of each size more, as the allocator counts it and after a collection. */
	chunks() {
		const sizes = [1, 4, 5, 8, 9, 12, 13, 16];
		const buffers: unknown[] = sizes.map(() => undefined);
		const found = sizes.map(() => [0, 0]);
		engine.collect();
		for (let i = 0; i < sizes.length; i++) {
			const before = engine.liveChunkBytes();
			buffers[i] = new ArrayBuffer(sizes[i]);
			found[i][0] = engine.liveChunkBytes() - before;
			engine.collect();
			found[i][1] = engine.liveChunkBytes() - before;
		}
		report(found);
		engine.exit(0);
	},
	/** The most that is ever in use, with garbage of all sizes, and arrays that grow out of where they were. */
	limit() {
		let most = 0;
		engine.mark();
		for (let i = 0; i < 4000; i++) {
			const list: unknown[] = [];
			for (let j = 0; j <= i % 16; j++) {
				kept = new ArrayBuffer(1 + (i % 8));
				list.push(j);
			}
			const used = 16 * engine.liveSlots() + engine.liveChunkBytes();
			if (used > most) most = used;
		}
		report({ most, collections: engine.collections() });
		engine.exit(0);
	},
	timers() {
		let ticks = 0;
		let backward = 0;
		let last = Time.ticks;
		Timer.repeat(() => {
			const now = Time.ticks;
			if (((now - last) | 0) < 0) backward++;
			last = now;
			if (++ticks === 10) {
				engine.mark();
			} else if (ticks === 60) {
				const slots = engine.slots();
				const chunkBytes = engine.chunkBytes();
				report({ slots, chunkBytes, backward, whole: Number.isInteger(now) });
				engine.exit(0);
			}
		}, 2);
	},
	random() {
		report(Array.from({ length: 4 }, Math.random));
		engine.exit(0);
	},
	memory() {
		const list: unknown[] = [];
		for (;;) list.push(new Uint8Array(100));
	},
	resolve() {
		const resolver = new Resolver({ servers: ["127.0.0.1"] });
		resolver.resolve({
			host: host!,
			onResolved(name, address) {
				report({ resolved: [name, address] });
				engine.exit(0);
			},
			onError(name) {
				report({ failed: name });
				engine.exit(0);
			},
		});
	},
	/** Lines of numbers, and what their calls allocate. */
	numbers() {
		const fraction = 0.1 + 0.2;
		const allocated = counted(() => {
			engine.reportNumbers(0, -1.5, fraction, 1e300);
			engine.reportNumbers(Number.NaN, Infinity);
			engine.reportNumbers();
			loadAverage();
			freeMemory();
			temperature();
		});
		report({ allocated, loadAverage: loadAverage() });
		engine.exit(0);
	},
	output() {
		trace(`${"x".repeat(10_000)}\n`);
		trace('quotes " and \\ and \u0001 and °\n');
		engine.report(JSON.stringify("y".repeat(20_000)));
		engine.exit(7);
	},
	exception() {
		throw new RangeError("nobody catches this");
	},
	rejection() {
		Promise.reject(new Error("nobody awaits this"));
	},
	stack() {
		const deeper = (n: number): number => 1 + deeper(n + 1);
		deeper(0);
	},
};
const i = 1;
cases[name]();
