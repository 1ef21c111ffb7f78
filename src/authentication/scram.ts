// SCRAM-SHA-1 and SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: the password proves itself without being sent, and
// the broker proves that it knows it. Knows the messages, not what carries them.

import { encodeBase64 } from "../transport/websocket/base64.js";
import { checkWhole } from "../wire/check.js";
import { show } from "../wire/quote.js";
import { Reason } from "../wire/reason.js";
import { writeUtf8 } from "../wire/utf8.js";
import type { Answer, Authenticator } from "./authenticator.js";
import type { HashName } from "./capability.js";
import { type Challenge, readChallenge } from "./challenge.js";
import { Derivation, type Place } from "./derivation.js";
import { prepare } from "./prepare.js";
import {
	SCRAM_ITERATIONS_FEW,
	SCRAM_ITERATIONS_MANY,
	SCRAM_MALFORMED,
	SCRAM_NO_PROOF,
	SCRAM_REFUSED,
	SCRAM_WRONG_PROOF,
} from "./reasons.js";

/** All it needs of its place is in a host's `network`: `new Scram({ ...network, username, password })`. */
export interface ScramOptions extends Partial<Place> {
	/** A function is called at each exchange. */
	username: string | (() => string);
	/** Bytes are taken as they are. A function is called at each exchange. */
	password: string | Uint8Array | (() => string | Uint8Array);
	/** Default "SHA-256". */
	hash?: "SHA-1" | "SHA-256";
	/**
	 * 1 to iterationsMaximum: a broker that asks for fewer is refused, as the password could then be guessed from what was
	 * sent. Default 4096 (RFC 7677, section 4).
	 */
	iterationsMinimum?: number;
	/**
	 * 4096 to 1000000: a broker that asks for more is refused. The first connection waits for the iterations, and whenever
	 * the broker's salt has changed; docs/authentication.md says how long. Default 16384.
	 */
	iterationsMaximum?: number;
}

const enum Stage {
	NONE = 0,
	/** client-first-message has gone. */
	FIRST = 1,
	/** The salted password is being worked out. */
	DERIVING = 2,
	/** client-final-message has gone. */
	FINAL = 3,
	/** The broker has proved that it knows the password, in an AUTH: it has not accepted yet. */
	PROVED = 4,
}

const enum Size {
	/** Bytes of a digest. */
	SHA1 = 20,
	SHA256 = 32,
	/** Random bytes of a nonce: a multiple of three, for Base64 without padding. */
	NONCE = 18,
	/** Bytes of a message of the broker's at most. */
	MESSAGE = 1024,
}

const enum Char {
	COMMA = 0x2c,
	EQUALS = 0x3d,
	E = 0x65,
	V = 0x76,
}

/** What is worked out from password, salt and iteration count. */
interface Keys {
	/** HMAC of the password under `server`: whether it is still the same. */
	readonly password: Uint8Array;
	readonly salt: Uint8Array;
	readonly iterations: number;
	readonly client: Uint8Array;
	readonly server: Uint8Array;
}

export class Scram implements Authenticator {
	readonly method: string;
	private readonly options: ScramOptions;
	private readonly place: Place;
	private readonly name: HashName;
	private readonly least: number;
	private readonly most: number;
	/** Of the last exchange that came so far: the next one may use them again. */
	private keys: Keys | undefined = undefined;

	private stage: Stage = Stage.NONE;
	/** client-first-message-bare. */
	private bare: Uint8Array | undefined = undefined;
	private nonce: Uint8Array | undefined = undefined;
	private derivation: Derivation | undefined = undefined;
	/** What the broker's last message has to begin with. */
	private proof: Uint8Array | undefined = undefined;

	/** Throws on options that cannot work, with the rule; never with the password. */
	constructor(options: ScramOptions) {
		const { hash = "SHA-256", username, password, crypto, timer, ticks } = options;
		if (typeof timer?.repeat !== "function" || typeof ticks !== "function")
			throw new TypeError(
				"the options lack a network: spread a host's into them, { ...network, username, password }",
			);
		if (crypto === undefined)
			throw new TypeError(
				"the network has no digests for SCRAM: on Moddable add manifest_scram.json to what your manifest includes",
			);
		if (hash !== "SHA-1" && hash !== "SHA-256")
			throw new RangeError(`hash is ${show(hash)}: it must be "SHA-1" or "SHA-256"`);
		if (typeof username !== "function") prepare("username", username);
		if (typeof password !== "function") encode(password);
		this.method = `SCRAM-${hash}`;
		this.options = options;
		this.place = { crypto, timer, ticks };
		this.name = hash === "SHA-1" ? "SHA1" : "SHA256";
		this.most = checkWhole("iterationsMaximum", options.iterationsMaximum, 16_384, 4096, 1_000_000);
		this.least = checkWhole("iterationsMinimum", options.iterationsMinimum, 4096, 1, this.most);
	}

	begin(): Uint8Array {
		this.stop();
		const { username } = this.options;
		const name = escapeName(prepare("username", typeof username === "function" ? username() : username));
		this.nonce = this.newNonce();
		this.bare = concatenate(ascii("n="), name, ascii(",r="), this.nonce);
		this.stage = Stage.FIRST;
		return concatenate(ascii("n,,"), this.bare);
	}

	respond(data: Uint8Array | undefined, answer: (answer: Answer) => void): void {
		const { stage } = this;
		if (data === undefined || data.length > Size.MESSAGE) answer(SCRAM_MALFORMED);
		else if (stage === Stage.FIRST) this.prove(data, answer);
		else if (stage === Stage.FINAL) {
			// Some brokers send their proof here, and wait for an empty answer (RFC 4422, section 5).
			const failure = this.verify(data);
			if (failure === undefined) this.stage = Stage.PROVED;
			answer(failure);
		} else answer(SCRAM_MALFORMED);
	}

	finish(data: Uint8Array | undefined): Reason | undefined {
		if (this.stage === Stage.PROVED) return data === undefined ? undefined : SCRAM_MALFORMED;
		if (this.stage !== Stage.FINAL || data === undefined || data.length === 0) return SCRAM_NO_PROOF;
		return this.verify(data);
	}

	stop(): void {
		this.derivation?.stop();
		this.stage = Stage.NONE;
		this.derivation = this.bare = this.nonce = this.proof = undefined;
	}

	/** @internal */
	protected newNonce(): Uint8Array {
		const bytes = new Uint8Array(Size.NONCE);
		for (let i = 0, number = 0; i < Size.NONCE; i++, number >>= 8) {
			if ((i & 3) === 0) number = this.place.crypto.random();
			bytes[i] = number;
		}
		return encodeBase64(bytes);
	}

	/** Answers server-first-message: at once, if the keys are known, or when they have been worked out. */
	private prove(message: Uint8Array, answer: (answer: Answer) => void): void {
		const challenge = readChallenge(message, this.nonce!);
		if (challenge instanceof Reason) {
			answer(isError(message) ? SCRAM_REFUSED : challenge);
			return;
		}
		const { salt, iterations } = challenge;
		if (iterations < this.least || iterations > this.most) {
			answer(iterations < this.least ? SCRAM_ITERATIONS_FEW : SCRAM_ITERATIONS_MANY);
			return;
		}
		const { password } = this.options;
		const bytes = encode(typeof password === "function" ? password() : password);
		if (this.stage !== Stage.FIRST) return; // the function has closed the client
		const known = this.knownKeys(bytes, challenge);
		if (known !== undefined) {
			answer(this.finalMessage(message, challenge, known));
			return;
		}
		this.stage = Stage.DERIVING;
		this.derivation = new Derivation(this.place, this.name, this.size, bytes, salt, iterations, (salted) => {
			const client = this.hmac(salted, ascii("Client Key"));
			const server = this.hmac(salted, ascii("Server Key"));
			this.keys = { password: this.hmac(server, bytes), salt, iterations, client, server };
			this.derivation = undefined;
			answer(this.finalMessage(message, challenge, this.keys));
		});
	}

	/** The keys of the last exchange, if they are the right ones for this. */
	private knownKeys(password: Uint8Array, { salt, iterations }: Challenge): Keys | undefined {
		const { keys } = this;
		return keys !== undefined &&
			keys.iterations === iterations &&
			equal(keys.salt, salt) &&
			equal(keys.password, this.hmac(keys.server, password))
			? keys
			: undefined;
	}

	/** client-final-message; what the broker has to say to it is kept. */
	private finalMessage(first: Uint8Array, { nonce }: Challenge, { client, server }: Keys): Uint8Array {
		const comma = ascii(",");
		const unproved = concatenate(ascii("c=biws,r="), nonce); // Base64 of "n,,": no channel binding
		const everything = concatenate(this.bare!, comma, first, comma, unproved);
		const stored = new Uint8Array(this.place.crypto.digest(this.name, client));
		const proof = this.hmac(stored, everything);
		for (let i = 0; i < proof.length; i++) proof[i] ^= client[i];
		this.proof = concatenate(ascii("v="), encodeBase64(this.hmac(server, everything)));
		this.stage = Stage.FINAL;
		return concatenate(unproved, ascii(",p="), encodeBase64(proof));
	}

	/** Whether server-final-message proves that the broker knows the password: what is wrong with it. */
	private verify(message: Uint8Array): Reason | undefined {
		const proof = this.proof!;
		if (isError(message)) return SCRAM_REFUSED;
		if (message[0] !== Char.V || message[1] !== Char.EQUALS) return SCRAM_MALFORMED;
		const end = message.indexOf(Char.COMMA);
		return equal(end < 0 ? message : message.slice(0, end), proof) ? undefined : SCRAM_WRONG_PROOF;
	}

	private get size(): number {
		return this.name === "SHA1" ? Size.SHA1 : Size.SHA256;
	}

	private hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
		const result = new Uint8Array(this.size);
		new this.place.crypto.hmac(this.name, key).sign(bytes, result);
		return result;
	}
}

/** Whether the broker's message names an error. */
const isError = (message: Uint8Array): boolean => message[0] === Char.E && message[1] === Char.EQUALS;

const encode = (password: string | Uint8Array): Uint8Array => {
	if (!ArrayBuffer.isView(password)) return prepare("password", password);
	if (password.length === 0) throw new RangeError("password has no bytes: it must have at least one");
	return password;
};

const ascii = (text: string): Uint8Array => {
	const bytes = new Uint8Array(text.length);
	writeUtf8(text, bytes, 0);
	return bytes;
};

/** Its commas as =2C, its equals signs as =3D (RFC 5802, section 5.1). */
const escapeName = (name: Uint8Array): Uint8Array => {
	const escaped: number[] = [];
	for (let i = 0; i < name.length; i++) {
		const code = name[i];
		if (code === Char.COMMA) escaped.push(Char.EQUALS, 0x32, 0x43);
		else if (code === Char.EQUALS) escaped.push(Char.EQUALS, 0x33, 0x44);
		else escaped.push(code);
	}
	return new Uint8Array(escaped);
};

const concatenate = (...parts: readonly Uint8Array[]): Uint8Array => {
	let length = 0;
	for (let i = 0; i < parts.length; i++) length += parts[i].length;
	const joined = new Uint8Array(length);
	for (let i = 0, at = 0; i < parts.length; at += parts[i++].length) joined.set(parts[i], at);
	return joined;
};

/** Looks at all of the bytes, so that the time it takes does not tell where they differ. */
const equal = (a: Uint8Array, b: Uint8Array): boolean => {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
	return difference === 0;
};
