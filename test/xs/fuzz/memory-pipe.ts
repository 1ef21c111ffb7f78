// What "desktop/pipe" is in XS: a socket in memory, for Node.

import type { SocketOptions } from "../../../src/transport/tcp.js";

export class MemoryPipe {
	writes = 0;
	closed = false;
	readonly target: unknown;
	readonly #options: SocketOptions;
	#room: number;
	#in = new Uint8Array(0);
	#out: Uint8Array[] = [];
	#failed = false;

	constructor(options: SocketOptions & { room: number }) {
		this.#options = options;
		this.target = options.target;
		this.#room = options.room;
	}

	get available(): number {
		return this.#in.length;
	}

	open(): void {
		this.#options.onWritable.call(this, this.#room);
	}

	feed(bytes: Uint8Array, length = bytes.length): void {
		if (this.closed) throw new Error("invalid host data");
		if (length === 0) return;
		const all = new Uint8Array(this.#in.length + length);
		all.set(this.#in);
		all.set(bytes.subarray(0, length), this.#in.length);
		this.#in = all;
		this.#options.onReadable.call(this, all.length);
	}

	drain(room: number): void {
		if (this.closed) throw new Error("invalid host data");
		this.#room = room;
		this.#options.onWritable.call(this, room);
	}

	fail(): void {
		this.#failed = true;
		this.#options.onError.call(this);
	}

	take(bytes: Uint8Array): number {
		const all = this.#out.splice(0);
		let at = 0;
		for (const part of all) {
			bytes.set(part, at);
			at += part.length;
		}
		return at;
	}

	read(view: Uint8Array): number | undefined {
		if (this.closed) throw new Error("invalid host data");
		if (this.#in.length === 0) return undefined;
		if (view.length === 0 || view.length > this.#in.length) throw new Error("invalid");
		view.set(this.#in.subarray(0, view.length));
		this.#in = this.#in.subarray(view.length);
		return view.length;
	}

	write(view: Uint8Array): number | undefined {
		if (this.closed) throw new Error("invalid host data");
		if (this.#failed) return undefined;
		if (view.length > this.#room) throw new Error("would block");
		this.#room -= view.length;
		this.writes++;
		this.#out.push(view.slice());
		return this.#room;
	}

	close(): void {
		this.closed = true;
		this.#in = new Uint8Array(0);
	}
}
