// `npm run test:simulator -- --scram`: SCRAM on the SDK's digests, by the vector of RFC 7677.

import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildApp } from "./build.js";
import type { Sdk } from "./sdk.js";
import { Simulator } from "./simulator.js";

const WANTED =
	"result c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
	"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= proved";
const TRIALS = 3;
/** Seconds. */
const PATIENCE = 60;

/** What is wrong; `tell` hears how long it takes. */
export async function tryScram(
	sdk: Sdk,
	build: string,
	display: string | undefined,
	tell: (line: string) => void,
): Promise<string[]> {
	const app = await buildApp(sdk, resolve("test/simulator/firmware/scram"), build);
	const simulator = await Simulator.start(sdk, app, display);
	try {
		for (let i = 0; i < PATIENCE && !simulator.log.includes("done") && !simulator.ended; i++)
			await sleep(1000);
		const faults = simulator.breaks.map((message) => `exception: ${message}`);
		if (simulator.ended !== undefined) faults.push(`the simulator is gone: ${simulator.ended}`);
		const results = simulator.log.filter((line) => line.startsWith("result "));
		if (results.length !== TRIALS) faults.push(`${results.length} of ${TRIALS} exchanges came to their end`);
		for (const line of results) if (line !== WANTED) faults.push(`it answers: ${line}`);
		for (const line of simulator.log.filter((line) => line.startsWith("took "))) tell(line);
		return faults;
	} finally {
		await simulator.stop();
	}
}
