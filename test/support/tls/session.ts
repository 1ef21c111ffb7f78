// A TLS session in the shape of the Moddable SDK's for tests in Node: real keys, one suite (ECDHE-RSA-AES128-GCM-SHA256),
// and the manners of the SDK's: a record a step, what comes in no other form than expected is not asked about, throws.

import {
	createCipheriv,
	createDecipheriv,
	createECDH,
	createHash,
	createHmac,
	randomBytes,
	sign,
	verify,
	X509Certificate,
} from "node:crypto";
import type {
	CertificateManager,
	Session,
	SessionOptions,
	SessionSocket,
} from "../../../src/transport/tls/capability.js";
import { Content, Message, message, record, sized, uint } from "../attacker/records.js";

const prf = (secret: Buffer, label: string, seed: Buffer, length: number): Buffer => {
	const hmac = (data: Buffer) => createHmac("sha256", secret).update(data).digest();
	const all = Buffer.concat([Buffer.from(label), seed]);
	let result = Buffer.alloc(0);
	for (let a = hmac(all); result.length < length; a = hmac(a))
		result = Buffer.concat([result, hmac(Buffer.concat([a, all]))]);
	return result.subarray(0, length);
};

/** One direction. */
class Keys {
	readonly #key: Buffer;
	readonly #salt: Buffer;
	#number = 0;

	constructor(key: Buffer, salt: Buffer) {
		this.#key = key;
		this.#salt = salt;
	}

	#extra(type: number, length: number): Buffer {
		return Buffer.concat([uint(0, 2), uint(this.#number++, 6), Buffer.of(type, 3, 3), uint(length, 2)]);
	}

	encrypt(type: number, text: Uint8Array): Buffer {
		const nonce = Buffer.concat([uint(0, 2), uint(this.#number, 6)]);
		const cipher = createCipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#salt, nonce]));
		cipher.setAAD(this.#extra(type, text.length));
		return record(type, Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]));
	}

	decrypt(type: number, body: Buffer): Buffer {
		const nonce = Buffer.concat([this.#salt, body.subarray(0, 8)]);
		const decipher = createDecipheriv("aes-128-gcm", this.#key, nonce);
		decipher.setAAD(this.#extra(type, body.length - 24));
		decipher.setAuthTag(body.subarray(-16));
		return Buffer.concat([decipher.update(body.subarray(8, -16)), decipher.final()]);
	}
}

/** What the session itself thinks of certificates: it takes those that were registered, the last one twice. */
class Manager implements CertificateManager {
	readonly options: SessionOptions;
	registered: ArrayBuffer[] = [];
	/** What `verify` was called with. */
	asked: [certificates: readonly Uint8Array[], options: unknown][] = [];

	constructor(options: SessionOptions) {
		this.options = options;
	}

	verify(certificates: readonly Uint8Array[], options: unknown): boolean {
		this.asked.push([certificates, options]);
		if (!this.options.verify) return true;
		const authority = new X509Certificate(Buffer.from(this.registered[0]));
		return certificates.some((der) => new X509Certificate(der).verify(authority.publicKey));
	}

	register(certificate: ArrayBuffer): void {
		this.registered.push(certificate);
	}

	getKey(): unknown {
		return this.options.clientKey;
	}

	findPreferredCert(): unknown {
		return this.options.clientCertificates ?? [];
	}
}

export class NodeSession implements Session {
	/** The last one made. */
	static last: NodeSession;
	/** The options of each that was made. */
	static made: SessionOptions[] = [];

	readonly options: SessionOptions;
	certificateManager: CertificateManager;
	readonly ownManager: Manager;
	alert: { level: number; description: number } | undefined = undefined;
	/** Runs in each `write`: as a session that allocates, it may do anything. */
	onWrite: (bytes: Uint8Array) => void = () => {};
	#step = -1;
	#packet: Buffer = Buffer.alloc(0);
	#transcript: Buffer = Buffer.alloc(0);
	#randoms: Buffer[] = [];
	#peer: Buffer | undefined;
	#point: Buffer = Buffer.alloc(0);
	#certificates: readonly Uint8Array[] | undefined;
	#master: Buffer = Buffer.alloc(0);
	#in: Keys | undefined;
	#out: Keys | undefined;
	#nextIn: Keys | undefined;
	#texts: Buffer[] = [];

	constructor(options: SessionOptions) {
		this.options = options;
		this.ownManager = new Manager(options);
		this.certificateManager = this.ownManager;
		NodeSession.last = this;
		NodeSession.made.push(options);
	}

	initiateHandshake(): void {
		this.#step = 0;
	}

	handshake(socket: SessionSocket): boolean {
		const step = this.#step;
		this.#step = -1;
		if (step === 0) this.#hello(socket);
		else if (step === Message.SERVER_HELLO_DONE) this.#flight(socket);
		else if (step === Message.FINISHED) return true;
		else if (socket.readable > 0) this.#step = this.#readRecord(socket);
		return this.alert !== undefined;
	}

	read(socket: SessionSocket): Uint8Array | undefined | null {
		while (socket.readable > 0) {
			this.#readRecord(socket);
			if (this.alert !== undefined) return null;
			const text = this.#texts.shift();
			if (text !== undefined) return new Uint8Array(text);
			if (this.#packet.length > 0) return undefined;
		}
		return undefined;
	}

	write(socket: SessionSocket, bytes: Uint8Array): number {
		this.onWrite(bytes);
		socket.writable = socket.write(this.#protect(Content.APPLICATION_DATA, bytes)) as number;
		return Math.max(0, socket.writable - 32);
	}

	#protect(type: Content, body: Uint8Array): Buffer {
		return this.#out === undefined ? record(type, body) : this.#out.encrypt(type, body);
	}

	#send(socket: SessionSocket, bytes: Buffer): void {
		this.#transcript = Buffer.concat([this.#transcript, bytes]);
		socket.write(this.#protect(Content.HANDSHAKE, bytes));
	}

	/** Reads what is there of a record; returns the type of the last message in it, or -1. */
	#readRecord(socket: SessionSocket): number {
		for (;;) {
			const have = this.#packet.length;
			const whole = have < 5 ? 5 : 5 + this.#packet.readUInt16BE(3);
			if (have >= 5 && have === whole) break;
			const count = Math.min(whole - have, socket.readable);
			if (count === 0) return -1;
			const view = new Uint8Array(count);
			socket.read(view);
			socket.readable -= count;
			this.#packet = Buffer.concat([this.#packet, view]);
		}
		const [type] = this.#packet;
		let body = this.#packet.subarray(5);
		this.#packet = Buffer.alloc(0);
		if (this.#in !== undefined) body = this.#in.decrypt(type, body);
		if (type === Content.CHANGE_CIPHER_SPEC) this.#in = this.#nextIn;
		else if (type === Content.ALERT) {
			this.alert = { level: body[0], description: body[1] };
			if (body[1] !== 0) throw new Error(`alert ${body[1]}`);
		} else if (type === Content.APPLICATION_DATA) this.#texts.push(body);
		else if (type === Content.HANDSHAKE) return this.#onMessage(body);
		return -1;
	}

	/** A record has one message: as the SDK's does, it breaks on others. */
	#onMessage(bytes: Buffer): number {
		if (bytes.length !== 4 + bytes.readUIntBE(1, 3)) throw new Error("not one message");
		const body = bytes.subarray(4);
		if (bytes[0] === Message.SERVER_HELLO) this.#randoms.push(body.subarray(2, 34));
		else if (bytes[0] === Message.CERTIFICATE) this.#onCertificate(body);
		else if (bytes[0] === Message.SERVER_KEY_EXCHANGE) this.#onKeyExchange(body);
		else if (bytes[0] === Message.CERTIFICATE_REQUEST)
			this.#certificates = this.certificateManager.findPreferredCert([], []) as Uint8Array[];
		else if (bytes[0] === Message.FINISHED) {
			const wanted = prf(this.#master, "server finished", this.#digest(), 12);
			if (!body.equals(wanted)) throw new Error("finished: auth err");
		}
		this.#transcript = Buffer.concat([this.#transcript, bytes]);
		return bytes[0];
	}

	#onCertificate(body: Buffer): void {
		const certificates: Uint8Array[] = [];
		for (let at = 3; at < body.length; at += 3 + body.readUIntBE(at, 3))
			certificates.push(new Uint8Array(body.subarray(at + 3, at + 3 + body.readUIntBE(at, 3))));
		if (!this.certificateManager.verify(certificates, this.options)) throw new Error("certificate: auth err");
		this.#peer = Buffer.from(certificates[0]);
	}

	/** Falls for hash 0, as the SDK's does. */
	#onKeyExchange(body: Buffer): void {
		const end = 4 + body[3];
		this.#point = body.subarray(4, end);
		if (body[end] === 0 || body[end + 1] === 0) return;
		const { publicKey } = new X509Certificate(this.#peer!);
		const signed = Buffer.concat([...this.#randoms, body.subarray(0, end)]);
		const hash = ["", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"][body[end]];
		if (!verify(hash, signed, publicKey, body.subarray(end + 4))) throw new Error("signature");
	}

	#digest(): Buffer {
		return createHash("sha256").update(this.#transcript).digest();
	}

	#hello(socket: SessionSocket): void {
		this.#randoms = [randomBytes(32)];
		const extensions = [
			[uint(10, 2), sized(2, sized(2, uint(23, 2)))],
			[uint(11, 2), sized(2, sized(1, Buffer.of(0)))],
			[uint(13, 2), sized(2, sized(2, Buffer.of(4, 3, 4, 1)))],
		].map((parts) => Buffer.concat(parts));
		const { serverName, tls_max_fragment_length: fragment } = this.options;
		if (serverName !== undefined) {
			const name = sized(2, Buffer.of(0), sized(2, Buffer.from(serverName)));
			extensions.push(Buffer.concat([uint(0, 2), sized(2, name)]));
		}
		if (fragment !== undefined)
			extensions.push(Buffer.concat([uint(1, 2), sized(2, Buffer.of(Math.log2(fragment) - 8))]));
		this.#send(
			socket,
			message(
				Message.CLIENT_HELLO,
				uint(0x303, 2),
				this.#randoms[0],
				Buffer.of(0),
				sized(2, uint(0xc02f, 2)),
				sized(1, Buffer.of(0)),
				sized(2, ...extensions),
			),
		);
	}

	#flight(socket: SessionSocket): void {
		const certificates = this.#certificates;
		if (certificates !== undefined)
			this.#send(socket, message(Message.CERTIFICATE, sized(3, ...certificates.map((der) => sized(3, der)))));
		const ecdh = createECDH("prime256v1");
		this.#send(socket, message(Message.CLIENT_KEY_EXCHANGE, sized(1, ecdh.generateKeys())));
		const [client, server] = this.#randoms;
		this.#master = prf(ecdh.computeSecret(this.#point), "master secret", Buffer.concat([client, server]), 48);
		if (certificates !== undefined && certificates.length > 0) {
			const der = Buffer.from(this.options.clientKey!);
			const key = { key: der, format: "der", type: "pkcs8" } as const;
			const signature = sign("sha256", this.#transcript, key);
			this.#send(socket, message(15 as Message, Buffer.of(4, 1), sized(2, signature)));
		}
		const keys = prf(this.#master, "key expansion", Buffer.concat([server, client]), 40);
		socket.write(record(Content.CHANGE_CIPHER_SPEC, Buffer.of(1)));
		this.#out = new Keys(keys.subarray(0, 16), keys.subarray(32, 36));
		this.#nextIn = new Keys(keys.subarray(16, 32), keys.subarray(36, 40));
		this.#send(socket, message(Message.FINISHED, prf(this.#master, "client finished", this.#digest(), 12)));
	}
}
