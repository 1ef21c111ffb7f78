// The recorded session of a real machine, and debug streams framed as boards frame them. Knows bytes only.

import { readFileSync } from "node:fs";

/** A bare stream, as the simulator sends it. */
export const SESSION = readFileSync("test/fixtures/xsbug-simulator-session.xml");

/** The messages of a bare stream, each as the machine sends it. */
export function messagesOf(stream: Buffer): string[] {
	return stream.toString("utf8").match(/\r\n<xsbug>.*?<\/xsbug>\r\n/gs)!;
}

/** A message, or several, behind the machine's tag. */
export function framed(tag: string, message: string): Buffer {
	return Buffer.from(`\r\n<?xs.${tag}?>${message}`);
}

export function log(text: string): string {
	return `\r\n<xsbug><log>${text}&#10;</log></xsbug>\r\n`;
}

export function login(name: string): string {
	return `\r\n<xsbug><login name="${name}" value="XS 17.7.0 32-bit LE 16-bit ID" flags="e"/></xsbug>\r\n`;
}

export const RESET = Buffer.from("<?xs-00000000?>\r\n");

export function closing(tag: string): Buffer {
	return Buffer.from(`\r\n<?xs-${tag}?>\r\n`);
}

/** The session as a board with this tag sends it, from its reset on. */
export function boardSession(tag: string): Buffer {
	return Buffer.concat([RESET, ...messagesOf(SESSION).map((message) => framed(tag, message))]);
}

export function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
