// A TLS 1.2 server that follows a script instead of the rules: it has the one suite ECDHE-RSA-AES128-GCM-SHA256, and does
// what no TLS library would (RFC 5246, 5288, 8422). It decrypts what a client sends to its key. For tests, for nothing else.

import {
	createCipheriv,
	createDecipheriv,
	createECDH,
	createHash,
	createHmac,
	type ECDH,
	randomBytes,
	sign,
} from "node:crypto";
import {
	Content,
	certificateMessage,
	Message,
	MessageReader,
	message,
	type Record,
	record,
	sized,
	uint,
} from "./records.js";

const SUITE = 0xc02f;
/** "I can renegotiate safely" (RFC 5746): who says so is answered, as OpenSSL insists on it. */
const RENEGOTIATION = 0xff01;
const SCSV = 0x00ff;

export interface Script {
	/** Certificates to show, DER. */
	chain: readonly Uint8Array[];
	/** PEM of the key that signs the key exchange; without it there is a signature of zeros. */
	key?: string;
	/** Makes the signature of what has to be signed in its place. */
	forge?(content: Uint8Array): Uint8Array;
	/** Hash and signature algorithm of that signature, as RFC 5246 numbers them. Default 4, 1: RSA with SHA-256. */
	signature?: readonly [hash: number, algorithm: number];
	/** The suite to choose. Default ECDHE-RSA-AES128-GCM-SHA256; with ECDSA, 0xc02b, all goes on as with it, after others nothing. */
	suite?: number;
	/** What goes out in place of the four messages of the first flight. */
	flight?(messages: Buffer[]): Buffer[];
	/** The verify_data of the Finished message is wrong. */
	falseFinished?: boolean;
	/** Does its work when the client's Finished has come, before ours is sent. */
	onFinish?(server: ScriptedServer): void;
	/** Does its work when our Finished is sent. */
	onFinished?(server: ScriptedServer): void;
}

const HASHES = ["", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/** RFC 5246, section 5. */
function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
	const hmac = (data: Buffer) => createHmac("sha256", secret).update(data).digest();
	const all = Buffer.concat([Buffer.from(label), seed]);
	let result: Buffer = Buffer.alloc(0);
	for (let a = hmac(all); result.length < length; a = hmac(a))
		result = Buffer.concat([result, hmac(Buffer.concat([a, all]))]);
	return result.subarray(0, length);
}

/** One direction of AES-128-GCM (RFC 5288). */
class Protection {
	readonly #key: Buffer;
	readonly #salt: Buffer;
	#sequence = 0;

	constructor(key: Buffer, salt: Buffer) {
		this.#key = key;
		this.#salt = salt;
	}

	#extra(type: number, length: number): Buffer {
		return Buffer.concat([uint(0, 2), uint(this.#sequence++, 6), Buffer.of(type, 3, 3), uint(length, 2)]);
	}

	protect(type: number, body: Uint8Array): Buffer {
		const nonce = Buffer.concat([uint(0, 2), uint(this.#sequence, 6)]);
		const cipher = createCipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#salt, nonce]));
		cipher.setAAD(this.#extra(type, body.length));
		const encrypted = Buffer.concat([cipher.update(body), cipher.final()]);
		return record(type, Buffer.concat([nonce, encrypted, cipher.getAuthTag()]));
	}

	/** Undefined: it is not meant for this key. */
	unprotect({ type, body }: Record): Buffer | undefined {
		if (body.length < 24) return undefined;
		const decipher = createDecipheriv(
			"aes-128-gcm",
			this.#key,
			Buffer.concat([this.#salt, body.subarray(0, 8)]),
		);
		decipher.setAAD(this.#extra(type, body.length - 24));
		decipher.setAuthTag(body.subarray(-16));
		try {
			return Buffer.concat([decipher.update(body.subarray(8, -16)), decipher.final()]);
		} catch {
			return undefined;
		}
	}
}

export class ScriptedServer {
	readonly #script: Script;
	readonly #write: (bytes: Buffer) => void;
	readonly #onData: (bytes: Buffer) => void;
	readonly #messages = new MessageReader();
	/** Of all messages of the handshake so far. */
	#transcript: Buffer = Buffer.alloc(0);
	#randoms: [client: Buffer, server: Buffer] = [Buffer.alloc(0), randomBytes(32)];
	#ecdh: ECDH | undefined;
	#master: Buffer = Buffer.alloc(0);
	#in: Protection | undefined;
	#out: Protection | undefined;
	#isProtected = false;
	#isFinished = false;

	/** `write` sends to the client, `onData` gets what it sent to our key. */
	constructor(script: Script, write: (bytes: Buffer) => void, onData: (bytes: Buffer) => void) {
		this.#script = script;
		this.#write = write;
		this.#onData = onData;
	}

	/** In the clear. */
	send(type: Content, body: Uint8Array): void {
		this.#write(record(type, body));
	}

	/** Encrypted; from the client's key exchange on. */
	sendProtected(type: Content, body: Uint8Array): void {
		this.#write(this.#out!.protect(type, body));
	}

	take(record: Record): void {
		const { type, body } = record;
		if (type === Content.CHANGE_CIPHER_SPEC) {
			this.#isProtected = true;
			return;
		}
		const plain = this.#isProtected ? this.#in!.unprotect(record) : body;
		if (plain === undefined) return;
		if (type === Content.HANDSHAKE) for (const each of this.#messages.push(plain)) this.#onMessage(each);
		else if (type === Content.APPLICATION_DATA && this.#isProtected) this.#onData(plain);
	}

	#digest(): Buffer {
		return createHash("sha256").update(this.#transcript).digest();
	}

	#onMessage(bytes: Buffer): void {
		if (bytes[0] === Message.FINISHED) {
			this.#finish(bytes);
			return;
		}
		this.#transcript = Buffer.concat([this.#transcript, bytes]);
		if (bytes[0] === Message.CLIENT_HELLO) this.#onHello(bytes);
		else if (bytes[0] === Message.CLIENT_KEY_EXCHANGE) this.#agree(bytes.subarray(5));
	}

	#onHello(hello: Buffer): void {
		this.#randoms[0] = hello.subarray(6, 38);
		const { chain, suite = SUITE, signature = [4, 1] } = this.#script;
		const at = 39 + hello[38];
		const suites = hello.subarray(at + 2, at + 2 + hello.readUInt16BE(at));
		let safe = hello.includes(uint(RENEGOTIATION, 2), at + 2 + suites.length);
		for (let i = 0; i < suites.length; i += 2) safe ||= suites.readUInt16BE(i) === SCSV;
		const extensions = safe ? sized(2, uint(RENEGOTIATION, 2), sized(2, Buffer.of(0))) : Buffer.alloc(0);
		this.#ecdh = createECDH("prime256v1");
		const parameters = Buffer.concat([Buffer.of(3, 0, 23), sized(1, this.#ecdh.generateKeys())]);
		const signed = Buffer.concat([...this.#randoms, parameters]);
		const messages = [
			message(
				Message.SERVER_HELLO,
				uint(0x0303, 2),
				this.#randoms[1],
				Buffer.of(0),
				uint(suite, 2),
				Buffer.of(0),
				extensions,
			),
			certificateMessage(chain),
			message(
				Message.SERVER_KEY_EXCHANGE,
				parameters,
				Buffer.from(signature),
				sized(2, this.#sign(signed, signature[0])),
			),
			message(Message.SERVER_HELLO_DONE),
		];
		const flight = this.#script.flight?.(messages) ?? messages;
		this.#transcript = Buffer.concat([this.#transcript, ...flight]);
		for (const each of flight) this.send(Content.HANDSHAKE, each);
	}

	#sign(content: Buffer, hash: number): Uint8Array {
		const { key, forge } = this.#script;
		if (forge !== undefined) return forge(content);
		return key === undefined ? Buffer.alloc(256) : sign(HASHES[hash], content, key);
	}

	#agree(point: Buffer): void {
		const [client, server] = this.#randoms;
		const secret = this.#ecdh!.computeSecret(point);
		this.#master = prf(secret, "master secret", Buffer.concat([client, server]), 48);
		const keys = prf(this.#master, "key expansion", Buffer.concat([server, client]), 40);
		this.#in = new Protection(keys.subarray(0, 16), keys.subarray(32, 36));
		this.#out = new Protection(keys.subarray(16, 32), keys.subarray(36, 40));
	}

	#finish(theirs: Buffer): void {
		if (this.#isFinished) return;
		this.#isFinished = true;
		this.#transcript = Buffer.concat([this.#transcript, theirs]);
		this.#script.onFinish?.(this);
		const verify = prf(this.#master, "server finished", this.#digest(), 12);
		if (this.#script.falseFinished) verify[0] ^= 1;
		this.send(Content.CHANGE_CIPHER_SPEC, Buffer.of(1));
		this.sendProtected(Content.HANDSHAKE, message(Message.FINISHED, verify));
		this.#script.onFinished?.(this);
	}
}
