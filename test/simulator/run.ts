// `npm run test:simulator`: builds the examples with the Moddable SDK, debug and release, and runs them in its simulator
// against Mosquitto. Readings have to arrive; in debug builds the instruments must show no garbage once connected.
// With --tls: what TLS does there, see tls.ts; with --figures: what it takes, see figures.ts; with --scram: see scram.ts.
// It needs the SDK, which CI does not have.

import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { FAILED, Problem, textOf } from "../../tools/problem.js";
import { selfSigned } from "../support/authority.js";
import { Broker, freePort } from "./broker.js";
import { buildApp } from "./build.js";
import { showFigures } from "./figures.js";
import { judge } from "./judge.js";
import { tryScram } from "./scram.js";
import { findSdk, type Sdk } from "./sdk.js";
import { Simulator, startDisplay } from "./simulator.js";
import { tryTls } from "./tls.js";

/** Seconds until the first message must be there. */
const PATIENCE = 30;
/** Samples of the instruments, one a second, until an app has settled. */
const SETTLING = 3;
/** They know the broker by its pin. The SDK's TLS makes garbage for each message. */
const OVER_TLS = new Set(["secure-sensor"]);
/** They sleep between readings and then begin anew: there is nothing to judge about the time in between. */
const SLEEPERS = new Set(["sleeper"]);
/** They trace for each message, which makes garbage: their memory is not judged. */
const TALKERS = new Set(["request-response", "shared-worker"]);
/** They do nothing unless somebody wants it. */
const WORKERS = new Set(["shared-worker"]);

/** They need a broker with TLS: see tls.ts. */
const SECURE = new Set(["secure-sensor"]);

interface Options {
	seconds: number;
	interval: number;
	qos: string[];
	build: string[];
	tls?: boolean;
	figures?: boolean;
	scram?: boolean;
}

interface Case {
	/** Path of the example. */
	example: string;
	build: string;
	qos: string;
}

/** The broker that an example wants, and what it is told of it. */
async function startBroker(
	sdk: Sdk,
	name: string,
): Promise<{ broker: Broker; settings: Record<string, string | number> }> {
	if (!OVER_TLS.has(name)) {
		const broker = await Broker.start(sdk);
		return { broker, settings: { port: broker.port } };
	}
	const own = selfSigned();
	try {
		const port = await freePort();
		const shown = [`certfile ${own.file}`, `keyfile ${own.keyFile}`, "allow_anonymous true"];
		const broker = await Broker.start(sdk, [`listener ${port} 127.0.0.1`, ...shown]);
		return { broker, settings: { port, pin: own.pin } };
	} finally {
		own.remove();
	}
}

/** Runs one case; what is wrong with it. */
async function run(sdk: Sdk, it: Case, options: Options, display: string | undefined): Promise<string[]> {
	const name = basename(it.example);
	const { broker, settings: place } = await startBroker(sdk, name);
	let simulator: Simulator | undefined;
	const faults: string[] = [];
	try {
		const { example, build, qos } = it;
		const settings = { host: "127.0.0.1", ...place, interval: options.interval, qos };
		const app = await buildApp(sdk, example, build, settings);
		simulator = await Simulator.start(sdk, app, display);
		for (let waited = 0; broker.messages === 0 && waited < PATIENCE && !simulator.ended; waited++) {
			if (WORKERS.has(name)) await broker.publishJob();
			await sleep(1000);
		}
		if (broker.messages === 0) faults.push(`no message came in ${PATIENCE} seconds`);
		else {
			await sleep(SETTLING * 1000);
			const from = simulator.samples.length;
			const { messages } = broker;
			for (let second = 0; second < options.seconds && !simulator.ended; second++) await sleep(1000);
			const rate = ((broker.messages - messages) / options.seconds).toFixed(1);
			const figures = [`${broker.messages} messages, ${rate} a second`, `QoS 0/1/2: ${broker.qos.join("/")}`];
			if (it.build === "debug" && ![SLEEPERS, OVER_TLS, TALKERS].some((set) => set.has(name))) {
				const verdict = judge(simulator.names, simulator.samples.slice(from));
				faults.push(...verdict.faults);
				figures.push(
					`${verdict.samples} samples: slots ${verdict.slots} bytes (+${verdict.slotsGrowth}), chunks ` +
						`${verdict.chunks} (+${verdict.chunksGrowth}), ${verdict.collections} collections, stack ${verdict.stack}`,
				);
			}
			process.stdout.write(`  ${figures.join("; ")}\n`);
		}
		if (simulator.ended !== undefined) faults.push(`the simulator is gone: ${simulator.ended}`);
		faults.push(...simulator.breaks.map((message) => `exception: ${message}`));
		if (faults.length > 0) faults.push(...simulator.log.slice(-5).map((line) => `it traced: ${line}`));
	} finally {
		await simulator?.stop();
		await broker.stop();
	}
	return faults;
}

function number(text: string): number {
	if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("it must be a whole number from 1 on");
	return Number(text);
}

function examples(): string[] {
	return readdirSync("examples").filter(
		(name) => existsSync(join("examples", name, "manifest.json")) && !SECURE.has(name),
	);
}

async function main(): Promise<number> {
	const program = new Command("npm run test:simulator --")
		.description("builds examples with the Moddable SDK and runs them in its simulator")
		.argument("[example...]", "folders (default: all of examples/)")
		.option("--seconds <n>", "how long to watch each, once it has connected", number, 10)
		.option("--interval <ms>", "between two readings", number, 100)
		.option("--qos <qos...>", "of readings", ["1"])
		.option("--build <kind...>", "debug, release", ["debug", "release"])
		.option("--tls", "instead: TLS against Mosquitto, and attacks on it")
		.option("--figures", "instead: what TLS takes of a heap")
		.option("--scram", "instead: SCRAM on the SDK's digests")
		.parse();
	const options = program.opts<Options>();
	const sdk = findSdk();
	process.stdout.write(`Moddable SDK ${sdk.version}\n`);
	const folders = program.args.length > 0 ? program.args : examples().map((name) => join("examples", name));
	const display = await startDisplay(sdk);
	let failed = 0;
	const tell = (faults: readonly string[]) => {
		for (const fault of faults) process.stdout.write(`  FAULT: ${fault}\n`);
		if (faults.length > 0) failed++;
	};
	try {
		if (options.scram)
			tell(await tryScram(sdk, "debug", display?.name, (line) => process.stdout.write(`  ${line}\n`)));
		else if (options.figures)
			await showFigures(sdk, display?.name, (line) => process.stdout.write(`${line}\n`));
		else if (options.tls)
			for await (const [name, faults] of tryTls({ sdk, display: display?.name })) {
				process.stdout.write(`${name}\n`);
				tell(faults);
			}
		else
			for (const example of folders.map((folder) => resolve(folder)))
				for (const build of options.build)
					for (const qos of options.qos) {
						process.stdout.write(`${basename(example)}, ${build}, QoS ${qos}\n`);
						tell(await run(sdk, { example, build, qos }, options, display?.name));
					}
	} finally {
		display?.stop();
	}
	process.stdout.write(failed === 0 ? "all as it should be\n" : `${failed} with faults\n`);
	return failed === 0 ? 0 : FAILED;
}

try {
	process.exitCode = await main();
} catch (error) {
	process.stderr.write(`test:simulator: ${textOf(error)}\n`);
	process.exitCode = error instanceof Problem ? error.exitStatus : FAILED;
}
