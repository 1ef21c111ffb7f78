// Sockets of the host as they are, without a client: does what readings say, reports what it hears.

import TCP from "embedded:io/socket/tcp";
import * as engine from "desktop/engine";
import { onReading } from "desktop/machine";
import config from "mc/config";
import {
	CLOSE,
	OPEN,
	READ_ALL,
	READ_EMPTY,
	READ_MORE,
	READ_TWO,
	WRITE,
	WRITE_TINY,
	WRITE_TOO_MUCH,
} from "./commands.js";

const { port } = config as { port: number };
let socket: TCP;
/** What the last onReadable said, less what was read since. */
let available = 0;
let room = 0;

function report(event: string, value?: unknown): void {
	engine.report(JSON.stringify({ event, value }));
}

/** What a call returns or throws. */
function outcome(call: () => unknown): unknown {
	try {
		const value = call();
		return value === undefined ? "undefined" : value;
	} catch (error) {
		return `threw ${(error as Error).message}`;
	}
}

function open(): void {
	socket = new TCP({
		address: "127.0.0.1",
		port,
		noDelay: true,
		onReadable(count) {
			available = count;
			report("readable", count);
		},
		onWritable(count) {
			room = count;
			report("writable", count);
		},
		onError() {
			report("error");
		},
	});
	report(
		"opened",
		outcome(() => socket.write(Uint8Array.of(1))),
	);
}

function read(length: number): void {
	const view = new Uint8Array(length);
	const got = outcome(() => socket.read(view));
	if (typeof got === "number") available -= got;
	report("read", got === length && length > 0 ? Array.from(view.slice(0, 8)) : got);
}

onReading((command) => {
	switch (command) {
		case OPEN:
			report("constructed", outcome(open));
			break;
		case READ_TWO:
			read(2);
			break;
		case READ_ALL:
			read(available);
			break;
		case READ_MORE:
			read(available + 1);
			break;
		case READ_EMPTY:
			read(0);
			break;
		case WRITE:
			report(
				"wrote",
				outcome(() => socket.write(new Uint8Array(100))),
			);
			break;
		case WRITE_TOO_MUCH:
			report(
				"wrote",
				outcome(() => socket.write(new Uint8Array(room + 1))),
			);
			break;
		case WRITE_TINY:
			report(
				"wrote",
				outcome(() => socket.write(Uint8Array.of(1))),
			);
			break;
		case CLOSE:
			socket.close();
			socket.close();
			report(
				"closed",
				outcome(() => socket.read(new Uint8Array(1))),
			);
			break;
	}
});
report("ready");
