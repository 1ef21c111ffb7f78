// Reading from a port that may be unplugged. Knows serialport's binding on Unix, and mends one fault of it.

import { type ReadPosition, read as readFile } from "node:fs";
import { promisify } from "node:util";

const read = promisify(readFile) as (
	file: number,
	buffer: Buffer,
	offset: number,
	length: number,
	position: ReadPosition | null,
) => Promise<{ bytesRead: number }>;

/** What serialport's binding has open, on Linux and macOS. */
interface UnixPort {
	isOpen: boolean;
	fd: number | null;
	poller: { once(event: "readable", callback: (error: Error | null) => void): void };
	read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

/**
 * An unplugged port reads as 0 bytes, at once and for ever. The binding tries again without end, takes a whole core and
 * tells nobody; from here on it throws. Ports of other systems and mocks stay as they are.
 */
export function endAtHangUp(port: object | undefined): void {
	if (port === undefined || !("poller" in port && "fd" in port)) return;
	const unix = port as UnixPort;
	unix.read = async (buffer, offset, length) => {
		while (unix.isOpen && unix.fd !== null) {
			const bytesRead = await readOnce(unix.fd, buffer, offset, length);
			if (bytesRead === 0) throw new Error("the port hung up");
			if (bytesRead !== undefined) return { buffer, bytesRead };
			await new Promise<void>((resolve, reject) =>
				unix.poller.once("readable", (error) => (error ? reject(error) : resolve())),
			);
		}
		throw Object.assign(new Error("the port is closed"), { canceled: true });
	};
}

/** Undefined: there is nothing yet. */
async function readOnce(
	file: number,
	buffer: Buffer,
	offset: number,
	length: number,
): Promise<number | undefined> {
	try {
		return (await read(file, buffer, offset, length, null)).bytesRead;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EAGAIN" || code === "EWOULDBLOCK" || code === "EINTR") return undefined;
		throw error;
	}
}
