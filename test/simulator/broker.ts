// Mosquitto on loopback, and how many messages came through it. Knows MQTT, nothing of simulators.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { Problem } from "../../tools/problem.js";
import type { Sdk } from "./sdk.js";

/** A port of loopback where nobody listens. */
export function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer();
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

/** Resolves when somebody listens there. */
async function listening(port: number, child: ChildProcess): Promise<void> {
	while (child.exitCode === null) {
		const socket = connect(port, "127.0.0.1");
		const there = await new Promise<boolean>((resolve) => {
			socket.once("connect", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
		socket.destroy();
		if (there) return;
		await sleep(100);
	}
	throw new Problem(
		"Mosquitto has ended",
		`its exit status is ${child.exitCode}`,
		"start it by hand to see why",
	);
}

/** Where examples/shared-worker takes jobs from. */
const JOB = "jobs/primes";

export class Broker {
	/** Messages of the apps. */
	messages = 0;
	/** Of these, how many at each QoS. */
	qos = [0, 0, 0];
	readonly port: number;
	readonly #process: ChildProcess;
	readonly #folder: string;
	readonly #client: MqttClient;

	private constructor(port: number, process: ChildProcess, folder: string, client: MqttClient) {
		this.port = port;
		this.#process = process;
		this.#folder = folder;
		this.#client = client;
		client.on("message", (topic, _payload, { qos }) => {
			if (topic === JOB) return;
			this.messages++;
			this.qos[qos]++;
		});
	}

	/** `settings`: more lines of its configuration. */
	static async start(sdk: Sdk, settings: readonly string[] = []): Promise<Broker> {
		const port = await freePort();
		const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-simulator-"));
		const file = join(folder, "mosquitto.conf");
		// Started by root it would become somebody else, who may not read certificates.
		const lines = ["per_listener_settings true", "set_tcp_nodelay true", `user ${userInfo().username}`];
		lines.push(`listener ${port} 127.0.0.1`, "allow_anonymous true", ...settings);
		writeFileSync(file, `${lines.join("\n")}\n`);
		const child = spawn("mosquitto", ["-c", file], { env: sdk.env, stdio: "ignore" });
		try {
			await listening(port, child);
			const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
			const broker = new Broker(port, child, folder, client);
			await client.subscribeAsync("#", { qos: 2 });
			return broker;
		} catch (error) {
			child.kill();
			throw error;
		}
	}

	/** A job for a worker; it does not count as a message of an app. */
	async publishJob(): Promise<void> {
		await this.#client.publishAsync(JOB, "1000", { qos: 1 });
	}

	async stop(): Promise<void> {
		await this.#client.endAsync(true);
		this.#process.kill();
		rmSync(this.#folder, { recursive: true });
	}
}
