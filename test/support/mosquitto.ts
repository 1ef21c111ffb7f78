// Mosquitto as a real broker: on a free port of this computer, with a folder of its own that goes with it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const INSTALL = "the tests need Mosquitto, a real broker: install it: apt-get install mosquitto";

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer();
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.on("connect", () => resolve(true));
		socket.on("error", () => resolve(false));
		socket.on("connect", () => socket.destroy());
	});
}

export class Mosquitto {
	readonly port: number;
	readonly #folder: string;
	#process: ChildProcess | undefined;
	#said = "";

	private constructor(port: number, folder: string) {
		this.port = port;
		this.#folder = folder;
	}

	/** Without `users`, everybody may connect. Sessions outlive a restart. */
	static async start(users: Record<string, string> = {}): Promise<Mosquitto> {
		const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-mosquitto-"));
		const broker = new Mosquitto(await freePort(), folder);
		const names = Object.keys(users);
		const passwords = join(folder, "passwords");
		const lines = [
			`listener ${broker.port} 127.0.0.1`,
			"persistence true",
			`persistence_location ${folder}/`,
			`allow_anonymous ${names.length === 0}`,
			...(process.getuid?.() === 0 ? ["user root"] : []), // else it could not use the folder
			...(names.length > 0 ? [`password_file ${passwords}`] : []),
		];
		writeFileSync(join(folder, "mosquitto.conf"), lines.join("\n"));
		if (names.length > 0) {
			writeFileSync(passwords, "");
			try {
				for (const name of names) execFileSync("mosquitto_passwd", ["-b", passwords, name, users[name]]);
			} catch (error) {
				throw (error as NodeJS.ErrnoException).code === "ENOENT" ? new Error(INSTALL) : error;
			}
		}
		await broker.start();
		return broker;
	}

	/** Starts again, with the same sessions, on the same port. */
	async start(): Promise<void> {
		const args = ["-c", join(this.#folder, "mosquitto.conf")];
		const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
		const child = spawn("mosquitto", args, {
			stdio: ["ignore", "ignore", "pipe"],
			env: { ...process.env, PATH },
		});
		this.#process = child;
		let ended = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			this.#said += text;
		});
		child.on("error", (error: NodeJS.ErrnoException) => {
			ended = error.code === "ENOENT" ? INSTALL : `mosquitto does not start: ${error.message}`;
		});
		child.on("exit", (status) => {
			ended ||= `mosquitto ended with status ${status}: ${this.#said}`;
		});
		while (!(await answers(this.port))) {
			if (ended) throw new Error(ended);
			await new Promise((later) => setTimeout(later, 20));
		}
	}

	/** An orderly end; sessions are kept. */
	async end(): Promise<void> {
		const child = this.#process!;
		if (child.exitCode !== null) return;
		const exited = new Promise((exit) => child.once("exit", exit));
		child.kill("SIGTERM");
		await exited;
	}

	/** The end, and nothing is left of it. */
	async stop(): Promise<void> {
		await this.end();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
