// `npm run test:simulator -- --figures`: what TLS takes of a heap, by the simulator's instruments, beside the same without
// it. Garbage for each message: on a heap so large that nothing is collected. What a connection needs at its most: the
// smallest heap of a fixed size in which the app still connects, found by halves.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NAMES } from "../support/attacker/scene.js";
import { Authority } from "../support/authority.js";
import { Broker, freePort } from "./broker.js";
import { buildApp, OUTPUT } from "./build.js";
import { CHUNKS, COLLECTIONS, SLOTS } from "./judge.js";
import type { Sdk } from "./sdk.js";
import { Simulator } from "./simulator.js";

const MESSAGES = 100;
/** Bytes of a slot in the simulator; a board's has 16. */
const SLOT = 32;
const STACK = "Stack used";

interface Heap {
	/** Bytes. */
	chunks: number;
	/** Slots. */
	slots: number;
	/** Slots. */
	stack: number;
	/** It does not grow. */
	isFixed: boolean;
}

const LARGE: Heap = { chunks: 4 << 20, slots: 1 << 18, stack: 1024, isFixed: false };

/** A folder with the app's manifest, for that heap. */
function folder(name: string, { chunks, slots, stack, isFixed }: Heap): string {
	const path = join(OUTPUT, "generated", name);
	mkdirSync(path, { recursive: true });
	const root = relative(path, resolve("."));
	const part = (file: string) => join(root, file);
	writeFileSync(
		join(path, "manifest.json"),
		JSON.stringify({
			include: ["$(MODDABLE)/examples/manifest_base.json", part("manifest.json"), part("manifest_tls.json")],
			modules: { "*": part("test/simulator/firmware/figures/main") },
			resources: { "*": "../ca" },
			creation: {
				static: 0,
				chunk: { initial: chunks, incremental: isFixed ? 0 : 65_536 },
				heap: { initial: slots, incremental: isFixed ? 0 : 4096 },
				stack,
			},
		}),
	);
	return path;
}

/** What the instruments show at each thing that the app says; what it has needed of the stack until then. */
type Readings = Map<string, { slots: number; chunks: number; collections: number; stack: number }>;

/** Runs the app until it is done or dead; `until`: what it has to say. */
async function run(
	sdk: Sdk,
	display: string | undefined,
	path: string,
	settings: Record<string, string | number>,
	until: string,
): Promise<Readings | undefined> {
	const simulator = await Simulator.start(sdk, await buildApp(sdk, path, "debug", settings), display);
	const readings: Readings = new Map();
	try {
		let seen = 0;
		let [stack, collections] = [0, 0];
		for (let waited = 0; waited < 400; waited++) {
			await sleep(100);
			const { log, names, samples } = simulator;
			for (; seen < samples.length; seen++) {
				const value = (name: string) => samples[seen][names.indexOf(name)];
				stack = Math.max(stack, value(STACK));
				collections += value(COLLECTIONS);
				const said = log.filter((line) => line.startsWith("at ") || line === "away").at(-1);
				if (said?.startsWith("at "))
					readings.set(said.slice(3), { slots: value(SLOTS), chunks: value(CHUNKS), collections, stack });
			}
			if (simulator.ended !== undefined || log.some((line) => line.startsWith("XS abort"))) return undefined;
			if (log.some((line) => line.startsWith(until))) return readings;
		}
		return undefined;
	} finally {
		await simulator.stop();
	}
}

/** The smallest from `least` to `most` with which `works`, to within `step`. */
async function smallest(
	least: number,
	most: number,
	step: number,
	works: (value: number) => Promise<boolean>,
): Promise<number> {
	while (most - least > step) {
		const middle = (least + most) >> 1;
		if (await works(middle)) most = middle;
		else least = middle;
	}
	return most;
}

export async function showFigures(
	sdk: Sdk,
	display: string | undefined,
	say: (line: string) => void,
): Promise<void> {
	const authority = new Authority();
	const good = authority.issue({ names: NAMES });
	const port = await freePort();
	const broker = await Broker.start(sdk, [
		`listener ${port} 127.0.0.1`,
		"allow_anonymous true",
		`certfile ${authority.bundle("chain.pem", good, authority.own)}`,
		`keyfile ${good.keyFile}`,
	]);
	mkdirSync(join(OUTPUT, "generated"), { recursive: true });
	writeFileSync(join(OUTPUT, "generated/ca.der"), authority.own.der);
	try {
		for (const [name, settings] of [
			["plain", { tls: "no", port: broker.port }],
			["TLS", { tls: "yes", port }],
		] as const) {
			const slow = { ...settings, reading: 3000 };
			const all = await run(sdk, display, folder("large", LARGE), slow, "done");
			if (all === undefined) throw new Error(`${name}: the app was never done`);
			const at = (what: string) => all.get([...all.keys()].find((key) => key.startsWith(what))!)!;
			const between = (from: string, to: string) => {
				const [a, b] = [at(from), at(to)];
				if (a.collections !== b.collections) throw new Error("there was a collection");
				const [slots, chunks] = [(b.slots - a.slots) / SLOT, b.chunks - a.chunks];
				return `${(slots / MESSAGES).toFixed(1)} slots, ${(chunks / MESSAGES).toFixed(0)} bytes of chunks`;
			};
			say(`${name}: ${[...all.keys()].at(-1)} of ${MESSAGES}`);
			say(
				`  garbage of the handshake: ${(at("connected").slots - at("begun").slots) / SLOT} slots, ${at("connected").chunks - at("begun").chunks} bytes of chunks`,
			);
			say(`  garbage of a message sent: ${between("connected", "published")}`);
			say(`  garbage of one sent and received: ${between("subscribed", "received")}`);
			say(`  stack: ${at("begun").stack} bytes before, ${at("received").stack} at most`);
			const works = (until: string) => (heap: Partial<Heap>) =>
				run(
					sdk,
					display,
					folder("fixed", { ...LARGE, isFixed: true, ...heap }),
					{ ...settings, reading: 100 },
					until,
				).then((readings) => readings !== undefined);
			for (const [what, until] of [
				["constructed", "at begun"],
				["connected", "at published"],
			] as const) {
				const chunks = await smallest(2048, 34_816, 512, (chunks) => works(until)({ chunks }));
				const slots = await smallest(512, 2560, 32, (slots) => works(until)({ slots }));
				say(`  ${what}: ${chunks} bytes of chunks and ${slots} slots at least`);
			}
		}
	} finally {
		await broker.stop();
		authority.remove();
	}
}
