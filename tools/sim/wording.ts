// Events in words, each a single line that is safe in a terminal. Knows events and text, no terminal.

import { versionName } from "../decode/packet.js";
import { titleOf } from "../decode/view.js";
import { printable } from "../text.js";
import type { ConnectionEvent, HeldEvent, MemoryEvent, MessageEvent, SimEvent } from "./events.js";

const TOPIC = 60;
const PAYLOAD = 80;
const LINE = 250;

export function topicOf(event: { topic: string }): string {
	return printable(event.topic, TOPIC);
}

export function payloadOf(event: MessageEvent): string {
	const text = printable(event.payload, PAYLOAD);
	return event.cut ? `${text} (${event.length} bytes)` : text;
}

export function memoryInWords(event: MemoryEvent): string {
	const limit = event.limit > 0 ? `${event.used} of ${event.limit} bytes used, ` : "";
	return `${limit}${event.slots} slots, ${event.chunkBytes} chunk bytes, ${event.collections} collections`;
}

export function heldInWords({ messages, dropped }: HeldEvent): string {
	const held = `${messages} message${messages === 1 ? "" : "s"}`;
	return dropped === 0 ? held : `${held}, ${dropped} older given up`;
}

export function connectionInWords(event: ConnectionEvent): string {
	switch (event.of) {
		case "broker":
			return event.embedded ? `embedded broker listens at ${event.url}` : `broker is ${event.url}`;
		case "observer":
			return `subscriber ${event.state}`;
		case "encryption": {
			const who = event.with === "board" ? "board" : "subscriber";
			const how = `${printable(event.version, 20)}, ${printable(event.suite, 60)}`;
			return `${who} and broker encrypt: ${how}; the broker's certificate has SHA-256 ${event.fingerprint}`;
		}
		case "client":
			if (event.state === "connected")
				return event.protocolVersion === undefined
					? "client connected"
					: `client connected, ${versionName(event.protocolVersion)}`;
			return `client disconnected: ${printable(event.reason, LINE)}`;
		case "network":
			return `network ${event.state}`;
		case "board":
			return event.state === "aborted"
				? `board aborted: ${printable(event.reason, LINE)}`
				: `board ${event.state}`;
	}
}

/** What kind of event, and what it says. */
export function inWords(event: SimEvent): [kind: string, text: string] {
	switch (event.type) {
		case "message":
			return ["message", `${topicOf(event)} ${payloadOf(event)}${event.retain ? " (retained)" : ""}`];
		case "status":
			return [
				"status",
				`${topicOf(event)} ${printable(event.state, PAYLOAD)}${event.retain ? " (retained)" : ""}`,
			];
		case "connection":
			return ["connection", connectionInWords(event)];
		case "trace":
			return ["trace", printable(event.text, LINE)];
		case "held":
			return ["held", heldInWords(event)];
		case "memory":
			return ["heap", memoryInWords(event)];
		case "packet":
			return ["packet", `[${event.connection}] ${titleOf(event.packet)}`];
	}
}
