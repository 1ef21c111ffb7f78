// The fuzzer in the real engine: what it saw, and the live heap each time it rested.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { Fuzz, RESTS } from "../fuzz/fuzz.js";
import { Heaps } from "./heap.js";

const { seed, packets } = config as { seed: number; packets: number };
const heaps = new Heaps(RESTS);
let done = 0;
let before = 0;

const fuzz = new Fuzz(Pipe, seed, {
	work() {
		const now = engine.meter();
		const work = (now - before) >>> 0;
		before = now;
		return work;
	},
	onRest(packets) {
		heaps.look();
		done = packets;
	},
});
try {
	const fuzzed = fuzz.run(packets);
	engine.report(JSON.stringify({ fuzzed, heaps }));
} catch (error) {
	engine.report(JSON.stringify({ failed: `${error} ${(error as Error).stack}`, done, last: fuzz.last }));
}
engine.exit(0);
