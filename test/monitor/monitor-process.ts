// The command as users start it, in a process of its own: needs build/, which "npm test" makes first.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export class MonitorProcess {
	static #all: MonitorProcess[] = [];
	stdout = "";
	stderr = "";
	readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly #exited: Promise<unknown[]>;
	#changed: () => void = () => {};

	constructor(args: string[], environment: Record<string, string> = {}) {
		this.#process = spawn(process.execPath, ["tools/build/xs-mqtt.js", "monitor", ...args], {
			stdio: ["pipe", "pipe", "pipe"],
			env: { ...process.env, ...environment },
		});
		MonitorProcess.#all.push(this);
		this.#exited = once(this.#process, "close"); // all that it wrote was read
		this.#process.stdout.on("data", (text) => {
			this.stdout += text;
			this.#changed();
		});
		this.#process.stderr.on("data", (text) => {
			this.stderr += text;
		});
		this.#process.on("exit", () => this.#changed());
	}

	/** Until standard output has it. */
	async shows(text: string | RegExp): Promise<void> {
		const has = () => (typeof text === "string" ? this.stdout.includes(text) : text.test(this.stdout));
		while (!has()) {
			if (this.#process.exitCode !== null) throw new Error(`it has ended: ${this.stdout}${this.stderr}`);
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
	}

	/** Into its standard input. */
	type(text: string): void {
		this.#process.stdin.write(text);
	}

	/** Nothing more will be typed. */
	endInput(): void {
		this.#process.stdin.end();
	}

	/** Reads nothing until `resume`. */
	pause(): void {
		this.#process.stdout.pause();
	}

	resume(): void {
		this.#process.stdout.resume();
	}

	/** Whatever became of a test, none is left. */
	static endAll(): void {
		for (const monitor of MonitorProcess.#all.splice(0)) monitor.#process.kill("SIGKILL");
	}

	/** Its exit status, null after SIGKILL. */
	async end(signal?: NodeJS.Signals): Promise<number | null> {
		if (signal !== undefined) this.#process.kill(signal);
		const [status] = await this.#exited;
		return status as number | null;
	}
}
