// `npm run bench`: what the client costs in the real engine, in slots, bytes and metering units, not in time.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Board } from "../hosts/desktop/board.js";
import { bytecode } from "./bytecode.js";
import type { Cost } from "./firmware/harness.js";
import type { Memory } from "./firmware/memory.js";
import { hasMosquitto, type Throughput, throughput } from "./mosquitto.js";

interface Results {
	cases: Record<string, Cost>;
	minimum: { publish: Cost; receive: Cost };
	/** Bytes of a message on the wire: 30 characters of topic name, 5 bytes of payload. */
	wire: Record<string, number>;
	/** Bytes of heap on a board. */
	memory: Memory;
	/** Bytes of the client's bytecode in builds with 5.0 and without, when the Moddable SDK is there. */
	bytecode?: Record<string, number>;
	/** Messages per second end to end, when Mosquitto is there. */
	mosquitto?: Throughput;
}

const built = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function measure(count: number): Promise<Results> {
	const board = new Board({ firmware: built("firmware/main.js"), config: { count }, memory: 0, onProgress });
	const report = board.next("report");
	report.catch(() => {}); // start tells the same
	await board.start();
	const results = JSON.parse((await report).text) as Results;
	await board.ended;
	return results;
}

function onProgress({ text }: { text: string }): void {
	process.stderr.write(`${text}\n`);
}

function row(name: string, cost: Cost, aim: string): string {
	const { slotsPerOp, chunkBytesPerOp, collections, meterPerOp, writesPerOp } = cost;
	const cells = [slotsPerOp, chunkBytesPerOp, collections, Math.round(meterPerOp), writesPerOp];
	return `${name.padEnd(18)}${cells.map((cell) => String(cell).padStart(16)).join("")}  ${aim}`;
}

function print({ cases, minimum, wire, memory, bytecode: code, mosquitto }: Results): void {
	const heads = ["slots/op", "chunk bytes/op", "collections", "meter/op", "writes/op"];
	console.log(`${"".padEnd(18)}${heads.map((head) => head.padStart(16)).join("")}`);
	const ratio = (a: Cost, b: Cost, of: string, aim: number) =>
		`${(a.meterPerOp / b.meterPerOp).toFixed(2)} times ${of} (aim ${aim})`;
	const aims: Record<string, string> = {
		publishQos0: ratio(cases.publishQos0, minimum.publish, "the publish minimum", 1.5),
		publishQos1: ratio(cases.publishQos1, cases.publishQos0, "publishQos0", 3),
		publishWsQos0: ratio(cases.publishWsQos0, cases.publishQos0, "publishQos0", 1.6),
		receiveQos0: ratio(cases.receiveQos0, minimum.receive, "the receive minimum", 4),
		publish5Qos0: ratio(cases.publish5Qos0, cases.publishQos0, "publishQos0", 1.25),
		receive5Qos0: ratio(cases.receive5Qos0, cases.receiveQos0, "receiveQos0", 1.5),
		receiveWsQos0: ratio(cases.receiveWsQos0, cases.receiveQos0, "receiveQos0", 1.6),
	};
	for (const [name, cost] of Object.entries(cases)) console.log(row(name, cost, aims[name] ?? ""));
	console.log(row("publish minimum", minimum.publish, "see bench/firmware/minimum.ts"));
	console.log(row("receive minimum", minimum.receive, ""));
	const { options, ...parts } = memory;
	const list = (bytes: Record<string, number>) =>
		Object.entries(bytes)
			.map(([name, count]) => `${name} ${Math.round(count * 100) / 100}`)
			.join(", ");
	const { publishQos0, publish5Qos0 } = wire;
	console.log(
		`bytes on the wire: publishQos0 ${publishQos0}, publish5Qos0 ${publish5Qos0} under an alias (floor 13)`,
	);
	if (code)
		console.log(`bytes of bytecode of the client: ${code["3.1.1"]} without 5.0, ${code.both} with it`);
	else console.log("bytes of bytecode: not measured, MODDABLE is not set");
	console.log(`bytes of heap on a board: ${list(parts)}`);
	console.log(`bytes that one more of an option costs: ${list(options)}`);
	if (mosquitto)
		console.log(
			`through Mosquitto: ${mosquitto.qos0} messages a second at QoS 0, ${mosquitto.qos1} at QoS 1`,
		);
	else console.log("through Mosquitto: not measured, it is not installed");
}

function options(): { json: boolean; quick: boolean } {
	try {
		const { values } = parseArgs({ options: { json: { type: "boolean" }, quick: { type: "boolean" } } });
		return { json: values.json ?? false, quick: values.quick ?? false };
	} catch (error) {
		console.error(`${(error as Error).message.split("\n")[0]}; usage: npm run bench -- [--json] [--quick]`);
		process.exit(2);
	}
}

const { json, quick } = options();
const results = await measure(quick ? 1_000 : 20_000);
results.bytecode = bytecode();
if (hasMosquitto())
	results.mosquitto = await throughput(built("firmware/endtoend.js"), quick ? 2_000 : 20_000);
if (json) console.log(JSON.stringify(results));
else print(results);

const guilty = Object.entries(results.cases).filter(
	([, cost]) => cost.slotsPerOp > 0 || cost.chunkBytesPerOp > 0,
);
for (const [name] of guilty) console.error(`${name} allocates: once connected, nothing may`);
process.exitCode = guilty.length > 0 ? 1 : 0;
