// The monitor's appetite: processor time at the fastest line of a board, and memory over an hour's worth of it.
// Run: npx tsc && node build/bench/monitor.js [--quick]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** 921600 baud, ten bits a byte. */
const LINE_SPEED = 92_160;
const HOUR = LINE_SPEED * 3600;
/** Milliseconds. */
const STEADY = 20_000;
const STEP = 20;
/** Of a core. */
const MOST_LOAD = 0.25;
/** Bytes of resident memory, from the first tenth on. */
const MOST_GROWTH = 32 << 20;

const LINES = Buffer.concat(
	[...Array(2000).keys()].map((n) =>
		Buffer.from(`\r\n<xsbug><log>reading ${n}: temperature=20.${n} °C &#60;ok&#62;&#10;</log></xsbug>\r\n`),
	),
);

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	return port;
}

/** Bytes of memory and microseconds of processor time of another process; Linux only. */
function appetite(pid: number): { memory: number; time: number } {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.replace(/^.*\) /, "")
		.split(" ");
	return { memory: Number(fields[21]) * 4096, time: (Number(fields[11]) + Number(fields[12])) * 10_000 };
}

async function start() {
	const port = await freePort();
	const program = ["tools/build/xs-mqtt.js", "monitor", "--tcp", String(port), "--log", "/dev/null"];
	const monitor = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
	let received = 0;
	const listening = new Promise<void>((resolve) => {
		monitor.stdout.on("data", (bytes: Buffer) => {
			if (received === 0) resolve();
			received += bytes.length;
		});
	});
	await listening;
	const board = connect(port, "127.0.0.1");
	await once(board, "connect");
	return { monitor, board, pid: monitor.pid!, received: () => received };
}

/** The share of a core. */
async function load(): Promise<number> {
	const { monitor, board, pid } = await start();
	const source = repeated();
	const begin = performance.now();
	const before = appetite(pid).time;
	let sent = 0;
	while (performance.now() - begin < STEADY) {
		const due = ((performance.now() - begin) * LINE_SPEED) / 1000;
		board.write(source(Math.floor(due - sent)));
		sent = Math.floor(due);
		await wait(STEP);
	}
	const share = (appetite(pid).time - before) / 1000 / (performance.now() - begin);
	board.destroy();
	monitor.kill();
	await once(monitor, "exit");
	return share;
}

/** Bytes of memory, ten times on the way. */
async function memory(bytes: number): Promise<{ seconds: number; memory: number[]; received: number }> {
	const { monitor, board, pid, received } = await start();
	const source = repeated();
	const begin = performance.now();
	const seen: number[] = [];
	for (let sent = 0; sent < bytes; ) {
		const chunk = source(16_384);
		if (!board.write(chunk)) await once(board, "drain");
		sent += chunk.length;
		if (sent >= (bytes / 10) * (seen.length + 1)) seen.push(appetite(pid).memory);
	}
	const last = "the hour is over";
	board.end(`\r\n<xsbug><log>${last}&#10;</log></xsbug>\r\n`);
	await once(board, "close");
	const seconds = (performance.now() - begin) / 1000;
	monitor.kill();
	await once(monitor, "exit");
	return { seconds, memory: seen, received: received() };
}

/** So many bytes of the stream that repeats itself. */
function repeated(): (size: number) => Buffer {
	let at = 0;
	return (size) => {
		const parts: Buffer[] = [];
		for (let left = size; left > 0; ) {
			const part = LINES.subarray(at, at + left);
			parts.push(part);
			left -= part.length;
			at = (at + part.length) % LINES.length;
		}
		return Buffer.concat(parts);
	};
}

if (!existsSync("/proc/self/stat")) throw new Error("this benchmark reads /proc: run it on Linux");
const share = await load();
console.log(
	`at ${LINE_SPEED} bytes/s: ${(share * 100).toFixed(1)} % of a core (at most ${MOST_LOAD * 100} %)`,
);
const total = process.argv.includes("--quick") ? HOUR / 20 : HOUR;
const hour = await memory(total);
const growth = Math.max(...hour.memory) - hour.memory[0];
console.log(
	`${(total / 1e6).toFixed(0)} MB in ${hour.seconds.toFixed(0)} s, ${(hour.received / 1e6).toFixed(0)} MB shown; ` +
		`memory in MB: ${hour.memory.map((bytes) => (bytes / 1e6).toFixed(0)).join(" ")}`,
);
if (share > MOST_LOAD || growth > MOST_GROWTH) process.exitCode = 1;
