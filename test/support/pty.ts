// One end of a pseudo-terminal as a port to open, the other end as bytes here. Knows socat, no protocol.

import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Emits `data` with what the opener of `path` wrote. */
export class Pty extends EventEmitter<{ data: [Buffer] }> {
	readonly path: string;
	#folder: string;
	#socat: ChildProcessByStdio<Writable, Readable, Readable> | undefined;

	static async open(): Promise<Pty> {
		const pty = new Pty(mkdtempSync(join(tmpdir(), "xs-mqtt-pty-")));
		await pty.plug();
		return pty;
	}

	private constructor(folder: string) {
		super();
		this.#folder = folder;
		this.path = join(folder, "port");
	}

	get plugged(): boolean {
		return this.#socat !== undefined;
	}

	/** Resolves when `path` can be opened. */
	async plug(): Promise<void> {
		const address = `PTY,link=${this.path},rawer`;
		const socat = spawn("socat", ["-d", "-d", "-b", "65536", address, "STDIO"], {
			stdio: ["pipe", "pipe", "pipe"],
		});
		this.#socat = socat;
		socat.stdin.on("error", () => {}); // pulled
		socat.stdout.on("data", (bytes: Buffer) => this.emit("data", bytes));
		let told = "";
		for await (const text of socat.stderr.iterator({ destroyOnReturn: false })) {
			told += text;
			if (told.includes("starting data transfer loop")) break;
		}
		if (!told.includes("starting data transfer loop")) throw new Error(`socat: ${told}`);
		socat.stderr.resume();
	}

	/** The cable is pulled: whoever has the port open loses it, and `path` is gone. */
	async pull(): Promise<void> {
		const socat = this.#socat;
		if (socat === undefined) return;
		this.#socat = undefined;
		socat.kill("SIGTERM");
		if (socat.exitCode === null && socat.signalCode === null) await once(socat, "exit");
	}

	/** Takes no bytes from the opener, after what buffers hold. */
	pause(): void {
		this.#socat?.stdout.pause();
	}

	resume(): void {
		this.#socat?.stdout.resume();
	}

	write(bytes: Uint8Array): void {
		this.#socat?.stdin.write(bytes);
	}

	/** The baud rate the port is set to. */
	speed(): number {
		return Number(execFileSync("stty", ["-F", this.path, "speed"], { encoding: "utf8" }));
	}

	async close(): Promise<void> {
		await this.pull();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
