// `npm run bench:flash`: how long flashing takes, against esptool-js alone with the same image, on a pseudo-terminal
// without line delay. The simulated chip runs in a process of its own.

import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ESPLoader, Transport } from "esptool-js";
import { SerialPort } from "serialport";
import { content, esp32Image } from "../test/support/images.js";
import { flashBoard } from "../tools/flash/session.js";

const RUNS = 7;
const BAUD = 115_200; // pseudo-terminals pass bytes at any rate
const ADDRESS = 0x10000;
const MOST = 1.1;
const IMAGE = esp32Image(0, { segments: [content(600_000), content(600_000, 5)] });

const silent = { clean() {}, write() {}, writeLine() {} };

/** A Web Serial port as esptool-js expects it, and nothing more. */
class WebSerial {
	#port: SerialPort;
	readable: ReadableStream<Uint8Array>;
	writable: WritableStream<Uint8Array>;

	constructor(path: string) {
		const port = new SerialPort({ path, baudRate: BAUD, autoOpen: false });
		this.#port = port;
		this.readable = new ReadableStream({
			start: (controller) => void port.on("data", (bytes) => controller.enqueue(bytes)),
		});
		this.writable = new WritableStream({
			write: (bytes) =>
				new Promise((resolve, reject) =>
					port.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve())),
				),
		});
	}

	open(): Promise<void> {
		return new Promise((resolve, reject) => this.#port.open((error) => (error ? reject(error) : resolve())));
	}

	close(): Promise<void> {
		return new Promise((resolve) => this.#port.close(() => resolve()));
	}

	getInfo(): object {
		return {};
	}
}

async function withEsptool(path: string): Promise<void> {
	const port = new WebSerial(path);
	const transport = new Transport(port as never);
	transport.trace = () => {};
	const loader = new ESPLoader({ transport, baudrate: BAUD, terminal: silent });
	await loader.main("no_reset");
	await loader.writeFlash({
		fileArray: [{ data: IMAGE, address: ADDRESS }],
		flashMode: "keep",
		flashFreq: "keep",
		flashSize: "keep",
		eraseAll: false,
		compress: true,
		calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
	});
	await port.close();
}

async function withXsMqtt(path: string): Promise<void> {
	const parts = [{ address: ADDRESS, name: "app.bin", bytes: IMAGE }];
	const report = { note() {}, begin() {}, part() {}, progress() {}, end() {} };
	const options = { baud: BAUD, erase: false, dryRun: false, force: false, reset: false };
	await flashBoard({ place: () => parts }, { path }, options, report, new AbortController().signal);
}

/** Milliseconds, on a fresh board. */
async function timed(work: (path: string) => Promise<void>): Promise<number> {
	const board: ChildProcess = fork(fileURLToPath(new URL("flash-board.js", import.meta.url)));
	const [path] = (await once(board, "message")) as [string];
	const start = performance.now();
	await work(path);
	const time = performance.now() - start;
	const ended = once(board, "exit");
	board.send({ address: ADDRESS, md5: createHash("md5").update(IMAGE).digest("hex"), length: IMAGE.length });
	const [status] = await ended;
	if (status !== 0) throw new Error("what is in flash is not the image");
	return time;
}

function median(times: number[]): number {
	return [...times].sort((a, b) => a - b)[times.length >> 1];
}

const times = { esptool: [] as number[], ours: [] as number[] };
for (let run = 0; run <= RUNS; run++) {
	// One after the other, so that what else the computer does hits both; the first warms up.
	const esptool = await timed(withEsptool);
	const ours = await timed(withXsMqtt);
	if (run === 0) continue;
	times.esptool.push(esptool);
	times.ours.push(ours);
}
const [esptool, ours] = [median(times.esptool), median(times.ours)];
const ratio = ours / esptool;
process.stdout.write(
	`${IMAGE.length} bytes, median of ${RUNS} runs, connecting included\n` +
		`esptool-js alone  ${esptool.toFixed(0)} ms\n` +
		`xs-mqtt flash     ${ours.toFixed(0)} ms, ${ratio.toFixed(2)} of that; at most ${MOST.toFixed(2)}\n`,
);
process.exit(ratio <= MOST ? 0 : 1);
