// The Moddable SDK of whoever has it, and what its simulator needs. Knows where things are, nothing of examples.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Problem } from "../../tools/problem.js";

export interface Sdk {
	/** What identifies it in a report. */
	version: string;
	mcconfig: string;
	/** The simulator, and what it loads first. */
	mcsim: string;
	simulators: string;
	/** The environment that its tools need. */
	env: NodeJS.ProcessEnv;
}

function has(program: string, argument: string): boolean {
	return spawnSync(program, [argument], { stdio: "ignore" }).error === undefined;
}

function need(path: string, advice: string): string {
	if (existsSync(path)) return path;
	throw new Problem("the simulator cannot be run", `${path} is missing`, advice);
}

/** Throws a Problem when something is missing. */
export function findSdk(): Sdk {
	if (process.platform !== "linux")
		throw new Problem(
			"the simulator cannot be run",
			"this is not Linux",
			"run it on Linux, or in a container",
		);
	const { MODDABLE } = process.env;
	if (!MODDABLE)
		throw new Problem(
			"the simulator cannot be run",
			"the environment variable MODDABLE is not set",
			"install the Moddable SDK (github.com/Moddable-OpenSource/moddable, documentation/Moddable SDK - Getting " +
				"Started.md), build its tools, and set MODDABLE to its folder",
		);
	const build = "build the SDK's tools: make in $MODDABLE/build/makefiles/lin";
	const bin = join(MODDABLE, "build/bin/lin/release");
	const sdk = {
		mcconfig: need(join(bin, "mcconfig"), build),
		mcsim: need(join(bin, "mcsim"), build),
		simulators: need(join(MODDABLE, "build/simulators"), "set MODDABLE to the SDK's folder"),
	};
	if (!process.env.DISPLAY && !has("Xvfb", "-help"))
		throw new Problem(
			"the simulator cannot be run",
			"there is no display, and Xvfb, which stands in for one, is missing",
			"apt-get install xvfb, or set DISPLAY",
		);
	const env = {
		...process.env,
		PATH: `${bin}${delimiter}${process.env.PATH}${delimiter}/usr/sbin:/usr/local/sbin`,
	};
	if (spawnSync("mosquitto", ["-h"], { env }).error !== undefined)
		throw new Problem(
			"there is no broker to test against",
			"Mosquitto is missing",
			"apt-get install mosquitto",
		);
	const described = spawnSync("git", ["-C", MODDABLE, "describe", "--tags", "--always"], {
		encoding: "utf8",
	}).stdout?.trim();
	const version = need(join(MODDABLE, "tools/VERSION"), "set MODDABLE to the SDK's folder");
	return {
		...sdk,
		env,
		version: `${readFileSync(version, "utf8").trim()}${described ? ` (${described})` : ""}`,
	};
}
