// Moddable's simulator as a process of ours, which connects to a debugger at a port of this computer. Knows mcsim's arguments.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";
import type { Environment, Sdk } from "./platform.js";

/** Characters of what it has to complain about that are kept. */
const LAST_WORDS = 2000;
/** Milliseconds to end by itself. */
const GRACE = 2000;

export interface Simulator {
	/** Resolves when its window was closed, or it was stopped; throws a Problem when it ended otherwise. */
	ended: Promise<void>;
	stop(): void;
}

/** `folder`: where the build is. `port`: the debugger's. */
export function startSimulator(sdk: Sdk, folder: string, port: number, environment: Environment): Simulator {
	const child = spawn(
		join(sdk.programs, "mcsim"),
		[join(sdk.folder, "build", "simulators"), join(folder, "mc.so")],
		{
			env: {
				...environment,
				XSBUG_HOST: "127.0.0.1",
				XSBUG_PORT: String(port),
				// Over the session bus it would hand the app to another simulator that runs, and end.
				DBUS_SESSION_BUS_ADDRESS: "disabled:",
			},
			stdio: ["ignore", "ignore", "pipe"],
		},
	);
	let words = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		words = `${words}${text}`.slice(-LAST_WORDS);
	});
	let stopped = false;
	const ended = new Promise<void>((resolve, reject) => {
		child.once("error", (error) =>
			reject(new Problem("the simulator cannot be started", textOf(error), "build the SDK's tools again")),
		);
		child.once("close", (status, signal) => {
			if (stopped || status === 0) resolve();
			else
				reject(
					new Problem(
						"the simulator stopped by itself",
						printable(words.trim().split("\n").at(-1) || (signal ?? `exit status ${status}`), 300),
						"look at its log above",
					),
				);
		});
	});
	ended.catch(() => {}); // it may come before anybody waits
	return {
		ended,
		stop: () => {
			stopped = true;
			child.kill();
			setTimeout(() => child.kill("SIGKILL"), GRACE).unref();
		},
	};
}
