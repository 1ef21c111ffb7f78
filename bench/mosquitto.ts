// Messages per second from a simulated board through Mosquitto to an independent subscriber.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { Board } from "../hosts/desktop/board.js";

export interface Throughput {
	/** Messages per second. */
	qos0: number;
	qos1: number;
}

export function hasMosquitto(): boolean {
	return spawnSync("mosquitto", ["-h"]).error === undefined;
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer();
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

/** Runs `count` messages at each QoS. Rejects when a message is missing after a minute. */
export async function throughput(firmware: string, count: number): Promise<Throughput> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-bench-"));
	const file = join(folder, "mosquitto.conf");
	// A queue without a limit: the subscriber may be slower than the board.
	writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
	const broker: ChildProcess = spawn("mosquitto", ["-c", file], { stdio: "ignore" });
	const board = new Board({ firmware, config: { port, count }, memory: 0 });
	try {
		const subscriber = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 100 });
		await subscriber.subscribeAsync("bench/+", { qos: 1 });
		const rates = [0, 0];
		await new Promise<void>((resolve, reject) => {
			const seen = [0, 0];
			const begin = [0, 0];
			const timer = setTimeout(
				() => reject(new Error(`only ${seen[0]} and ${seen[1]} of ${count} messages came`)),
				60_000,
			);
			subscriber.on("message", (topic) => {
				const qos = topic === "bench/0" ? 0 : 1;
				if (++seen[qos] === 1) begin[qos] = performance.now();
				if (seen[qos] < count) return;
				rates[qos] = Math.round((count - 1) / ((performance.now() - begin[qos]) / 1000));
				if (seen[0] < count || seen[1] < count) return;
				clearTimeout(timer);
				resolve();
			});
			board.on("report", ({ text }) => reject(new Error(`the board lost its connection: ${text}`)));
			board.start().catch(reject);
		});
		await subscriber.endAsync(true);
		return { qos0: rates[0], qos1: rates[1] };
	} finally {
		await board.stop().catch(() => {});
		broker.kill();
		rmSync(folder, { recursive: true });
	}
}
