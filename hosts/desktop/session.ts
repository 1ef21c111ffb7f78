// A TLS session in the shape, and with the manners, of the Moddable SDK's `ssl/session`: one record a step, errors thrown
// wherever they are found, garbage for each record. What may come from whom is the guard's to know: this one knows less.
// Device code. Cuts records and messages; all the rest is OpenSSL's, behind "desktop/tls".

import { verify } from "desktop/certificates";
import Connection from "desktop/tls";
import type {
	CertificateManager,
	Session,
	SessionOptions,
	SessionSocket,
} from "../../src/transport/tls/capability.js";
import { utf8Length, writeUtf8 } from "../../src/wire/utf8.js";

const enum Record {
	HEADER = 5,
	/** The most that two bytes of length can say. */
	LONGEST = 5 + 65_535,
	CHANGE_CIPHER_SPEC = 20,
	HANDSHAKE = 22,
	LONGEST_TEXT = 16_384,
	/** What `write` keeps back of the room. */
	RESERVE = 32,
}

const enum Message {
	HEADER = 4,
	CERTIFICATE = 11,
	CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14,
}

const enum State {
	NEW,
	/** The next step sends what is ready. */
	FLIGHT,
	READING,
	/** The next step says that the handshake is over. */
	FINISHED,
	READY,
}

const CLOSE_NOTIFY = 0;
const CERTIFICATE_TYPE_RSA = 1;

const short = (bytes: Uint8Array, at: number) => (bytes[at] << 8) | bytes[at + 1];
const long = (bytes: Uint8Array, at: number) => (bytes[at] << 16) | short(bytes, at + 1);

/** `length` bytes from `at` on, which have to be there. */
const part = (bytes: Uint8Array, at: number, length: number): Uint8Array => {
	if (!(at + length <= bytes.length)) throw new Error("TLS: a message is cut");
	return bytes.subarray(at, at + length);
};

/** One behind the other. */
const concat = (all: readonly Uint8Array[]): Uint8Array => {
	const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const each of all) {
		bytes.set(each, at);
		at += each.length;
	}
	return bytes;
};

/** What the session itself thinks of certificates, which is what OpenSSL does. Who has a better way replaces it. */
class Certificates implements CertificateManager {
	private readonly options: SessionOptions;
	private readonly registered: Uint8Array[] = [];

	constructor(options: SessionOptions) {
		this.options = options;
		if (options.certificate !== undefined) this.registered.push(options.certificate);
	}

	/** Whether they lead to one that is registered, for the name `tls_server_name`, now. */
	verify(
		certificates: readonly Uint8Array[],
		{ tls_server_name = "" }: { tls_server_name?: string },
	): boolean {
		if (!this.options.verify) return true;
		return verify(concat(certificates), concat(this.registered), tls_server_name, Date.now() / 1000);
	}

	register(certificate: ArrayBuffer): void {
		this.registered.push(new Uint8Array(certificate));
	}

	/** The key of our own certificate. */
	getKey(_certificate: unknown): unknown {
		return this.options.clientKey;
	}

	findPreferredCert(_types: unknown, _names: unknown): unknown {
		return this.options.clientCertificates ?? [];
	}
}

/** ALPN's list on the wire (RFC 7301, section 3.1). */
const protocolList = (names: readonly string[] | undefined): Uint8Array | undefined => {
	if (names === undefined) return undefined;
	const lengths = names.map(utf8Length);
	const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + 1 + length, 0));
	let at = 0;
	for (let i = 0; i < names.length; i++) {
		if (lengths[i] < 1 || lengths[i] > 255) throw new Error("invalid protocol");
		bytes[at++] = lengths[i];
		at = writeUtf8(names[i], bytes, at);
	}
	return bytes;
};

/** The code of the largest fragment that is not longer (RFC 6066, section 4): 1 for 512 bytes to 4 for 4096. */
const fragmentCode = (length: number | undefined): number | undefined => {
	if (length === undefined) return undefined;
	let code = 1;
	while (code < 4 && length >>> (code + 9) !== 0) code++;
	return code;
};

export class TlsSession implements Session {
	alert: { level: number; description: number } | undefined = undefined;
	certificateManager: CertificateManager;
	readonly options: SessionOptions & { tls_server_name?: string };
	private readonly connection: Connection;
	private state = State.NEW;
	/** What comes is encrypted. */
	private encrypted = false;
	/** The record that is coming, its header first. */
	private record: Uint8Array | undefined = undefined;
	private received = 0;

	constructor(options: SessionOptions) {
		if (options.protocolVersion !== 0x303) throw new Error("protocolVersion: not supported");
		this.options = { ...options, tls_server_name: options.serverName };
		this.certificateManager = new Certificates(options);
		this.connection = new Connection(
			options.serverName,
			protocolList(options.applicationLayerProtocolNegotiation),
			fragmentCode(options.tls_max_fragment_length),
		);
	}

	initiateHandshake(): void {
		this.connection.handshake();
		this.state = State.FLIGHT;
	}

	handshake(socket: SessionSocket): boolean {
		switch (this.state) {
			case State.FLIGHT:
				this.state = State.READING;
				// Without a look at the room.
				for (let record = this.connection.take(); record !== undefined; record = this.connection.take()) {
					socket.write(new Uint8Array(record));
					socket.writable -= record.byteLength;
				}
				break;
			case State.FINISHED:
				this.state = State.READY;
				return true;
			case State.READING:
				if (socket.readable > 0) {
					const record = this.readRecord(socket);
					if (record !== undefined) this.unpack(record);
				}
				break;
		}
		return this.alert !== undefined;
	}

	read(socket: SessionSocket): Uint8Array | undefined | null {
		while (socket.readable > 0) {
			const record = this.readRecord(socket);
			if (record === undefined) return undefined;
			this.unpack(record);
			if (this.alert !== undefined) return null;
			if (this.state < State.FINISHED) continue;
			const text = this.connection.decrypt();
			if (text !== undefined) return new Uint8Array(text);
			this.hearAlert();
			if (this.alert !== undefined) return null;
		}
		return undefined;
	}

	write(socket: SessionSocket, bytes: Uint8Array): number {
		if (bytes.byteLength > Record.LONGEST_TEXT) throw new Error("too large");
		this.connection.encrypt(bytes);
		// The record has its number now: what the socket throws comes too late.
		for (let record = this.connection.take(); record !== undefined; record = this.connection.take())
			socket.writable = socket.write(new Uint8Array(record)) as number;
		return Math.max(0, socket.writable - Record.RESERVE);
	}

	/** The next record, when it is whole. */
	private readRecord(socket: SessionSocket): Uint8Array | undefined {
		this.record ??= new Uint8Array(new ArrayBuffer(Record.HEADER, { maxByteLength: Record.LONGEST }));
		const record = this.record;
		if (this.received < Record.HEADER) {
			if (!this.fill(socket, record, Record.HEADER)) return undefined;
			(record.buffer as ArrayBuffer).resize(Record.HEADER + short(record, 3));
		}
		if (!this.fill(socket, record, record.length)) return undefined;
		this.record = undefined;
		this.received = 0;
		return record;
	}

	/** Reads what is there; whether `record` has come up to `end`. */
	private fill(socket: SessionSocket, record: Uint8Array, end: number): boolean {
		const count = Math.min(end - this.received, socket.readable);
		if (count > 0) {
			socket.read(record.subarray(this.received, this.received + count));
			socket.readable -= count;
			this.received += count;
		}
		return this.received === end;
	}

	private unpack(record: Uint8Array): void {
		let last = -1;
		if (!this.encrypted && record[0] === Record.HANDSHAKE) last = this.walk(record);
		if (record[0] === Record.CHANGE_CIPHER_SPEC) this.encrypted = true;
		if (last < 0) this.connection.feed(record);
		else this.feedParts(record);
		if (this.state >= State.FINISHED) return;
		const finished = this.connection.handshake();
		this.hearAlert();
		if (finished) this.state = State.FINISHED;
		else if (last === Message.SERVER_HELLO_DONE) this.state = State.FLIGHT;
	}

	/** Messages in records of the length that was agreed: in front of us somebody may have put them together. */
	private feedParts(record: Uint8Array): void {
		const longest = this.options.tls_max_fragment_length ?? Record.LONGEST_TEXT;
		for (let at = Record.HEADER; at < record.length; at += longest) {
			const length = Math.min(longest, record.length - at);
			const part = new Uint8Array(Record.HEADER + length);
			part.set(record.subarray(0, 3));
			part[3] = length >> 8;
			part[4] = length;
			part.set(record.subarray(at, at + length), Record.HEADER);
			this.connection.feed(part);
		}
	}

	/** Takes from the messages of a record what others have to judge or choose; returns the last one's type. */
	private walk(record: Uint8Array): number {
		let type = -1;
		for (let at = Record.HEADER; at < record.length; ) {
			const length = long(part(record, at, Message.HEADER), 1);
			type = record[at];
			at += Message.HEADER;
			const body = part(record, at, length);
			at += length;
			if (type === Message.CERTIFICATE) this.judge(body);
			else if (type === Message.CERTIFICATE_REQUEST) this.identify(body);
		}
		return type;
	}

	/** RFC 5246, section 7.4.2. */
	private judge(body: Uint8Array): void {
		const certificates: Uint8Array[] = [];
		const end = 3 + long(part(body, 0, 3), 0);
		for (let at = 3; at < end; ) {
			const length = long(part(body, at, 3), 0);
			certificates.push(part(body, at + 3, length));
			at += 3 + length;
		}
		if (!this.certificateManager.verify(certificates, this.options)) throw new Error("certificate: auth err");
		this.certificateManager.register(certificates[0].slice().buffer as ArrayBuffer);
		this.connection.accept();
	}

	/** RFC 5246, section 7.4.4. */
	private identify(body: Uint8Array): void {
		const count = part(body, 0, 1)[0];
		const types: number[] = [];
		for (const type of part(body, 1, count)) if (type === CERTIFICATE_TYPE_RSA) types.push(type);
		const algorithms = 1 + count;
		let at = algorithms + 2 + short(part(body, algorithms, 2), 0);
		const end = at + 2 + short(part(body, at, 2), 0);
		const names: ArrayBuffer[] = [];
		for (at += 2; at < end; ) {
			const length = short(part(body, at, 2), 0);
			names.push(part(body, at + 2, length).slice().buffer as ArrayBuffer);
			at += 2 + length;
		}
		const found = this.certificateManager.findPreferredCert(types, names) as readonly Uint8Array[];
		if (found.length === 0) return;
		for (const certificate of found) this.connection.addCertificate(certificate);
		this.connection.useKey(this.certificateManager.getKey(found[0]) as Uint8Array);
	}

	/** Only close_notify is no error. */
	private hearAlert(): void {
		const { alert } = this.connection;
		if (alert < 0) return;
		const level = alert >> 8;
		const description = alert & 0xff;
		this.alert = { level, description };
		if (description !== CLOSE_NOTIFY) throw new Error(`alert: ${level}, ${description}`);
	}
}
