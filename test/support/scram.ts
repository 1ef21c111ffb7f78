// A SCRAM server after RFC 5802, of node:crypto alone, which can be made to lie; and a place whose time the test holds.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { crypto } from "../../hosts/node/crypto.js";
import type { Answer } from "../../src/authentication/authenticator.js";
import type { Scram, ScramOptions } from "../../src/authentication/scram.js";

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const text = (data: Uint8Array | undefined): string => Buffer.from(data!).toString();

export interface ServerOptions {
	hash?: "sha1" | "sha256";
	password?: string;
	salt?: Uint8Array;
	iterations?: number;
	/** What it adds to the client's nonce. */
	nonce?: string;
}

export class ScramServer {
	readonly hash: "sha1" | "sha256";
	readonly salted: Buffer;
	private readonly salt: Uint8Array;
	private readonly iterations: number;
	private readonly nonce: string;
	private bare = "";
	private first = "";

	constructor({
		hash = "sha256",
		password = "pencil",
		salt = randomBytes(16),
		iterations = 4096,
		nonce = randomBytes(18).toString("base64"),
	}: ServerOptions = {}) {
		this.hash = hash;
		this.salt = salt;
		this.iterations = iterations;
		this.nonce = nonce;
		this.salted = pbkdf2Sync(password, salt, iterations, hash === "sha1" ? 20 : 32, hash);
	}

	private hmac(key: Uint8Array, data: string): Buffer {
		return createHmac(this.hash, key).update(data).digest();
	}

	/** Takes client-first-message, gives server-first-message. */
	challenge(message: Uint8Array | undefined): Uint8Array {
		this.bare = /^n,,(.*)$/.exec(text(message))![1];
		const nonce = /,r=([^,]+)$/.exec(this.bare)![1];
		this.first = `r=${nonce}${this.nonce},s=${Buffer.from(this.salt).toString("base64")},i=${this.iterations}`;
		return bytes(this.first);
	}

	/** Takes client-final-message, gives server-final-message. */
	judge(message: Uint8Array | undefined): Uint8Array {
		const [, unproved, proof] = /^(c=biws,r=[^,]+),p=(.*)$/.exec(text(message))!;
		const everything = `${this.bare},${this.first},${unproved}`;
		const stored = createHash(this.hash).update(this.hmac(this.salted, "Client Key")).digest();
		const key = this.hmac(stored, everything).map((byte, i) => byte ^ Buffer.from(proof, "base64")[i]);
		if (!createHash(this.hash).update(key).digest().equals(stored)) return bytes("e=invalid-proof");
		return bytes(`v=${this.hmac(this.hmac(this.salted, "Server Key"), everything).toString("base64")}`);
	}
}

/** Timers that fire when the test says so, and ticks that each iteration moves on. */
export class Place {
	/** Milliseconds. */
	now = 0x7fff_fff0;
	/** Milliseconds that an iteration takes. */
	perIteration = 0;
	/** Iterations of each slice. */
	readonly slices: number[] = [];
	readonly timers = new Set<() => void>();

	options(): Pick<ScramOptions, "crypto" | "timer" | "ticks"> {
		const place = this;
		return {
			crypto: {
				...crypto,
				hmac: class extends crypto.hmac {
					override iterate(link: Uint8Array, sum: Uint8Array, count: number): void {
						place.slices.push(count);
						place.now += count * place.perIteration;
						super.iterate(link, sum, count);
					}
				},
			},
			timer: {
				repeat(callback) {
					place.timers.add(callback);
					return callback;
				},
				clear(timer) {
					place.timers.delete(timer);
				},
			},
			ticks: () => this.now | 0,
		};
	}

	/** Lets timers fire as long as there are any. */
	run(): void {
		while (this.timers.size > 0) for (const fire of this.timers) fire();
	}
}

/** What `scram` answers to `data`; "later" until it has. */
export function respond(scram: Scram, data: Uint8Array | undefined): { answer: Answer | "later" } {
	const result: { answer: Answer | "later" } = { answer: "later" };
	scram.respond(data, (answer) => {
		result.answer = answer;
	});
	return result;
}
