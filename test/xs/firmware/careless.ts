// Sessions that are as careless as the SDK's, and a stream over one with nobody between, as the SDK's socket is: what an
// attack does to them shows that it is one.

import { TlsSession } from "../../../hosts/desktop/session.js";
import { capability } from "../../../hosts/desktop/tls.js";
import type { Layer, Stream, StreamFactory, StreamOwner } from "../../../src/transport/stream.js";
import type { SessionOptions, SessionSocket } from "../../../src/transport/tls/capability.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";

const APPLICATION_DATA = 23;
const TLS_1_2 = 0x303;

/** Takes every certificate for good, and an alert that says the end for a handshake that is over: what is written then is not encrypted. */
export class CarelessSession extends TlsSession {
	private ready = false;

	constructor(options: SessionOptions) {
		super({ ...options, verify: false });
	}

	override handshake(socket: SessionSocket): boolean {
		const over = super.handshake(socket);
		if (over && this.alert === undefined) this.ready = true;
		return over;
	}

	override write(socket: SessionSocket, bytes: Uint8Array): number {
		if (this.ready) return super.write(socket, bytes);
		const { length } = bytes;
		socket.writable = socket.write(
			Uint8Array.of(APPLICATION_DATA, 3, 3, length >> 8, length, ...bytes),
		) as number;
		return Math.max(0, socket.writable - 32);
	}
}

export const careless = { ...capability, session: CarelessSession };

class BareStream implements Stream, StreamOwner, SessionSocket {
	readonly allocates = true;
	readonly input = this;
	stream: Stream | undefined;
	readable = 0;
	writable = 0;
	private readonly owner: StreamOwner;
	private readonly session: TlsSession;
	private ready = false;
	private text: Uint8Array | undefined = undefined;
	/** The session is writing. */
	private sending = false;

	constructor(below: StreamFactory, host: string, address: string, port: number, owner: StreamOwner) {
		this.owner = owner;
		this.session = new CarelessSession({
			verify: false,
			serverName: host,
			protocolVersion: TLS_1_2,
			cache: false,
		});
		this.session.initiateHandshake();
		this.stream = below.open(host, address, port, this);
	}

	/** The owner reads what was decrypted; when there is none, it is the session that asks. */
	read(view: Uint8Array): number | undefined {
		if (this.text === undefined) return this.stream!.read(view);
		const part = this.text.subarray(0, view.length);
		view.set(part);
		this.text = part.length < this.text.length ? this.text.subarray(part.length) : undefined;
		return part.length;
	}

	/** The owner's bytes, which the session then writes as records. */
	write(bytes: Uint8Array): number | undefined {
		if (this.sending || !this.ready) return this.stream!.write(bytes);
		this.sending = true;
		try {
			return this.session.write(this, bytes);
		} finally {
			this.sending = false;
		}
	}

	close(): void {
		this.stream?.close();
		this.stream = undefined;
	}

	onWritable(count: number): void {
		this.writable = count;
		if (this.ready) this.owner.onWritable(count - 96);
		else this.go();
	}

	onReadable(count: number): void {
		this.readable = count;
		this.go();
	}

	onError(): void {
		if (this.owner.stream === this) this.owner.onError();
	}

	private go(): void {
		try {
			for (let before = -1; !this.ready && before !== this.readable; ) {
				before = this.readable;
				if (this.session.handshake(this) || this.session.handshake(this)) {
					this.ready = true;
					this.owner.onWritable(this.writable - 96);
				}
			}
			while (this.ready && this.text === undefined && this.readable > 0) {
				const text = this.session.read(this);
				// At the end, too: who closes at once may take back what the attacker has not read yet.
				if (!text) return;
				this.text = text;
				this.owner.input.onReadable(text.length);
			}
		} catch {
			// Once the socket is ready nobody hears of it, as with the SDK's.
			if (!this.ready) this.onError();
		}
	}
}

/** What an app would have without guard and chain check. */
export const bare: Layer<TlsOptions> = (_options, below) => ({
	open: (host, address, port, owner) => new BareStream(below, host, address, port, owner),
});
