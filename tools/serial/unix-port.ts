// Reading and writing an open port on Linux and macOS. Knows serialport's binding, and mends faults of version 13.

import { read as readFile, write as writeFile } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds until a full port is tried again, at most: what the system holds lasts longer at any baud rate. */
const LONGEST_WAIT = 4;

/** What serialport's binding has open. */
interface UnixPort {
	isOpen: boolean;
	fd: number | null;
	/** Awaited by its drain(). */
	writeOperation: Promise<void> | null;
	poller: { once(event: "readable", callback: (error: Error | null) => void): void };
	read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
	write(buffer: Buffer): Promise<void>;
}

/**
 * Replaces the binding's read and write, before either is used. An unplugged port reads as 0 bytes, at once and for
 * ever: the binding tries again without end, takes a whole core and tells nobody. And its poller forgets that a full
 * port is waited for when reading waits too: writing then stands still until something is received. So here nothing
 * but reading uses the poller. Ports of other systems and mocks stay as they are.
 */
export function mendPort(port: object | undefined): void {
	if (port === undefined || !("poller" in port && "fd" in port)) return;
	const unix = port as UnixPort;
	unix.read = (buffer, offset, length) => read(unix, buffer, offset, length);
	unix.write = (buffer) => {
		const operation = write(unix, buffer);
		unix.writeOperation = operation;
		return operation;
	};
}

async function read(
	port: UnixPort,
	buffer: Buffer,
	offset: number,
	length: number,
): Promise<{ buffer: Buffer; bytesRead: number }> {
	for (;;) {
		const file = openFile(port);
		const bytesRead = await attempt((done) => readFile(file, buffer, offset, length, null, done));
		if (bytesRead === 0) throw new Error("the port hung up");
		if (bytesRead !== undefined) return { buffer, bytesRead };
		openFile(port);
		await new Promise<void>((resolve, reject) =>
			port.poller.once("readable", (error) => (error ? reject(error) : resolve())),
		);
	}
}

async function write(port: UnixPort, buffer: Buffer): Promise<void> {
	let full = 0;
	for (let at = 0; at < buffer.length; ) {
		const file = openFile(port);
		const written = await attempt((done) => writeFile(file, buffer, at, buffer.length - at, null, done));
		if (written !== undefined && written > 0) {
			at += written;
			full = 0;
		} else await wait(Math.min(++full, LONGEST_WAIT));
	}
}

/** Throws what serialport takes for a call that ended because the port was closed. */
function openFile({ isOpen, fd }: UnixPort): number {
	if (isOpen && fd !== null) return fd;
	throw Object.assign(new Error("the port is closed"), { canceled: true });
}

/** How many bytes went; undefined when none can go at present. */
function attempt(
	call: (done: (error: NodeJS.ErrnoException | null, bytes: number) => void) => void,
): Promise<number | undefined> {
	return new Promise((resolve, reject) =>
		call((error, bytes) => {
			if (error === null) resolve(bytes);
			else if (["EAGAIN", "EWOULDBLOCK", "EINTR"].includes(error.code ?? "")) resolve(undefined);
			else reject(error);
		}),
	);
}
