// A simulator of the SDK that runs one app, and what it says to its debugger, which is us. Knows processes and the debug
// stream, nothing of MQTT.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../tools/problem.js";
import { command, GO } from "../../tools/xsbug/commands.js";
import { XsbugReader } from "../../tools/xsbug/reader.js";
import type { Sdk } from "./sdk.js";

/** A display to draw on that nobody sees; undefined where there is one already. */
export async function startDisplay(sdk: Sdk): Promise<{ name: string; stop(): void } | undefined> {
	if (process.env.DISPLAY) return undefined;
	const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp"], {
		env: sdk.env,
		stdio: ["ignore", "ignore", "ignore", "pipe"],
	});
	const number = await new Promise<string>((resolve, reject) => {
		child.stdio[3]!.once("data", (data) => resolve(String(data).trim()));
		child.once("exit", (status) =>
			reject(
				new Problem("Xvfb has ended", `its exit status is ${status}`, "start it by hand and set DISPLAY"),
			),
		);
	});
	return { name: `:${number}`, stop: () => child.kill() };
}

export class Simulator {
	/** Lines that the app has traced. */
	readonly log: string[] = [];
	/** Exceptions the app stopped at. */
	readonly breaks: string[] = [];
	names: string[] = [];
	readonly samples: number[][] = [];
	/** Why it has ended, if it has. */
	ended: string | undefined;
	readonly #child: ChildProcess;
	readonly #server: Server;
	readonly #folder: string;
	#socket: Socket | undefined;

	private constructor(child: ChildProcess, server: Server, folder: string) {
		this.#child = child;
		this.#server = server;
		this.#folder = folder;
	}

	/** `app`: the path of its mc.so. */
	static async start(sdk: Sdk, app: string, display: string | undefined): Promise<Simulator> {
		const server = createServer();
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		// It keeps a copy of the app there, and two simulators would overwrite each other's.
		const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-mcsim-"));
		const child = spawn(sdk.mcsim, [sdk.simulators, app], {
			env: {
				...sdk.env,
				XDG_CONFIG_HOME: folder,
				...(display === undefined ? {} : { DISPLAY: display }),
				XSBUG_HOST: "127.0.0.1",
				XSBUG_PORT: String(port),
			},
			stdio: ["ignore", "ignore", "pipe"],
		});
		const simulator = new Simulator(child, server, folder);
		let complaint = "";
		child.stderr!.on("data", (data) => {
			complaint = (complaint + data).slice(-500);
		});
		child.once("exit", (status, signal) => {
			simulator.ended = `it ended with ${signal ?? `status ${status}`} ${complaint}`;
		});
		child.once("error", (error) => {
			simulator.ended = error.message;
		});
		server.on("connection", (socket) => simulator.#serve(socket));
		return simulator;
	}

	#serve(socket: Socket): void {
		this.#socket = socket;
		const reader = new XsbugReader((event) => {
			if (event.type === "login") socket.write(command(event.machine, GO));
			else if (event.type === "log") this.log.push(event.text);
			else if (event.type === "instruments") this.names = event.instruments.map(({ name }) => name);
			else if (event.type === "samples") this.samples.push(event.values);
			else if (event.type === "break") {
				this.breaks.push(event.message);
				socket.write(command(event.machine, GO));
			}
		});
		socket.on("data", (bytes) => reader.push(bytes));
		socket.on("error", () => {});
		socket.on("close", () => reader.end());
	}

	async stop(): Promise<void> {
		this.#server.close();
		if (this.ended === undefined) {
			const gone = once(this.#child, "exit");
			this.#child.kill("SIGKILL"); // it is in a loop of its own, and nothing is lost
			await gone;
		}
		this.#socket?.destroy();
		rmSync(this.#folder, { recursive: true });
	}
}
