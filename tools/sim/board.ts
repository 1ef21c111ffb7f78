// The simulated board as the session sees it, and the real one: the XS engine of hosts/desktop with the sensor node.
// Knows where the compiled files are and what the node's device reports. Knows no broker.

import {
	type Counters,
	Board as DesktopBoard,
	type BoardEvent as DesktopEvent,
	EngineError,
	engine,
	type Progress,
	sdk,
} from "xs-mqtt/desktop";
import type { Version } from "../decode/packet.js";
import { packageFile } from "../package-file.js";
import { Problem, textOf } from "../problem.js";

export type BoardEvent =
	| { type: "ready" }
	| { type: "trace"; text: string }
	| ({ type: "memory" } & Counters)
	| { type: "network"; state: "up" | "cut" | "frozen" }
	/** The firmware has measured something, by the name that it publishes it under. */
	| { type: "reading"; name: string; value: number }
	/** What the firmware holds now, and has dropped since it was started. */
	| { type: "held"; messages: number; dropped: number }
	/** The firmware's MQTT connection. While it is connected, with the version that it speaks. */
	| { type: "client"; connected: true; protocolVersion: Version | undefined }
	| { type: "client"; connected: false; reason: string }
	| { type: "abort"; reason: string; message: string }
	/** The last one. `text`: what the engine itself had to complain about. */
	| { type: "exit"; status: number | null; text: string };

export interface Board {
	/** Power goes at once. */
	unplug(): void;
	cut(): void;
	freeze(): void;
	restore(): void;
	/** Gives a reading to the firmware. */
	reading(value: number): void;
	/** Asks the firmware to close; resolves when the board is off, by force if need be. */
	stop(): Promise<void>;
}

export interface BoardOptions {
	board: "esp8266" | "esp32" | "none";
	stack: "lwip" | "lin";
	/** What the firmware imports as "mc/config". */
	config: Record<string, unknown>;
}

export type StartBoard = (options: BoardOptions, onEvent: (event: BoardEvent) => void) => Board;

/** The compiled files of xs-mqtt. */
const built = (path: string): string => packageFile(`build/${path}`);

const FIRMWARE = built("examples/sensor-node/main.js");
const MODULES = { ...sdk.modules, "sensor-node/device": built("examples/sensor-node/desktop/device.js") };

/** Builds the engine if it is not there. */
export async function prepareBoard(onProgress: (progress: Progress) => void): Promise<StartBoard> {
	let program: string;
	try {
		program = await engine({ onProgress });
	} catch (error) {
		if (error instanceof EngineError) throw new Problem(error.what, error.why, error.remedy);
		throw new Problem("the XS engine could not be built", textOf(error), "try again");
	}
	return (options, onEvent) => startBoard(program, options, onEvent);
}

function startBoard(program: string, options: BoardOptions, onEvent: (event: BoardEvent) => void): Board {
	const board = new DesktopBoard({
		...options,
		engine: program,
		firmware: FIRMWARE,
		modules: MODULES,
		// The device stands for a board's hardware: it takes nothing of the firmware's heap.
		preload: [...sdk.preload, "sensor-node/device"],
		onEvent: (event) => {
			const told = translate(event);
			if (told !== undefined) onEvent(told);
		},
	});
	const ended = board.ended.then((end) => onEvent({ type: "exit", status: end.status, text: end.stderr }));
	// When it does not start, it has ended: that is told.
	board.start().catch(() => {});
	return {
		unplug: () => void board.unplug(),
		cut: () => board.cut(),
		freeze: () => board.freeze(),
		restore: () => board.restore(),
		reading: (value) => board.reading(value),
		stop: async () => {
			await board.stop();
			await ended;
		},
	};
}

function translate(event: DesktopEvent): BoardEvent | undefined {
	switch (event.type) {
		case "counters":
		case "exit":
			return undefined;
		case "report":
			return clientEvent(event.text);
		case "numbers":
			return heldEvent(event.values);
		case "measured":
			return readingEvent(event.name, event.value);
		default:
			return event;
	}
}

/** The sensor node's names of what this computer measures. */
const READINGS = new Map([
	["loadAverage", "load"],
	["freeMemory", "memory"],
	["temperature", "temperature"],
]);

function readingEvent(name: string, value: number | null): BoardEvent | undefined {
	const reading = READINGS.get(name);
	return reading === undefined || value === null ? undefined : { type: "reading", name: reading, value };
}

/** What the node's device shows. */
function heldEvent([messages, dropped]: (number | null)[]): BoardEvent | undefined {
	if (typeof messages !== "number" || typeof dropped !== "number") return undefined;
	return { type: "held", messages, dropped };
}

/** What the node's device reports of its connection. */
function clientEvent(text: string): BoardEvent | undefined {
	try {
		const { connected, reason, protocolVersion } = JSON.parse(text);
		if (connected === true)
			return {
				type: "client",
				connected,
				protocolVersion: protocolVersion === 4 || protocolVersion === 5 ? protocolVersion : undefined,
			};
		return connected === false && typeof reason === "string"
			? { type: "client", connected, reason }
			: undefined;
	} catch {
		return undefined;
	}
}
