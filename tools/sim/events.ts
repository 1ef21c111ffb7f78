// What a simulation tells, as one stream of typed events. Knows no source and no output.
// In JSON each event is one line, with its time; a new field is no change, a new meaning of one is.

import type { Counters } from "xs-mqtt/desktop";
import type { Packet, Version } from "../decode/packet.js";

/** A message as the independent subscriber has received it. */
export interface ReceivedMessage {
	type: "message";
	topic: string;
	/** As text; what is no UTF-8 reads U+FFFD. */
	payload: string;
	/** Bytes of the payload. */
	length: number;
	/** The payload here is only its beginning. */
	cut: boolean;
	qos: number;
	/** The broker had kept it: it is not new. */
	retain: boolean;
}

export interface MessageEvent extends ReceivedMessage {
	/** A reading that this board has measured, and that came for the first time: it counts. */
	reading: boolean;
}

/** What the board's status topic says. */
export interface StatusEvent {
	type: "status";
	topic: string;
	state: string;
	retain: boolean;
}

/** What TLS has agreed upon. */
export interface Encryption {
	/** "TLSv1.2" or "TLSv1.3". */
	version: string;
	/** As OpenSSL names it. */
	suite: string;
	/** SHA-256 of the broker's certificate, 64 hexadecimal digits. */
	fingerprint: string;
}

/** A connection, or what connections need, has changed. */
export type ConnectionEvent = { type: "connection" } & (
	| { of: "broker"; state: "ready"; url: string; embedded: boolean }
	| { of: "observer"; state: "connected" | "disconnected" }
	| ({ of: "encryption"; state: "on"; with: "board" | "observer" } & Encryption)
	| { of: "client"; state: "connected"; reason: ""; protocolVersion: Version | undefined }
	| { of: "client"; state: "disconnected"; reason: string }
	| { of: "network"; state: "up" | "cut" | "frozen" }
	| { of: "board"; state: "on" | "ready" | "unplugged" | "off" }
	| { of: "board"; state: "aborted"; reason: string }
);

/** A line that the firmware has traced. */
export interface TraceEvent {
	type: "trace";
	text: string;
}

/** What the board holds has changed, and stayed so for a moment. */
export interface HeldEvent {
	type: "held";
	/** Messages accepted and not yet delivered. */
	messages: number;
	/** Messages dropped since the board was started: readings that gave way to newer ones. */
	dropped: number;
}

/** The board's heap. `slots` and `chunkBytes` are what is in use. */
export type MemoryEvent = { type: "memory" } & Counters;

/** A packet that passed between board and broker. */
export interface PacketEvent {
	type: "packet";
	/** Counts the board's connections, from 1. */
	connection: number;
	packet: Packet;
}

export type SimEvent =
	| MessageEvent
	| StatusEvent
	| ConnectionEvent
	| TraceEvent
	| HeldEvent
	| MemoryEvent
	| PacketEvent;

/** Where events go. */
export interface Output {
	event(event: SimEvent): void;
	/** Nothing comes any more: give back the terminal. Also called when all else has failed. */
	close(): void;
}
