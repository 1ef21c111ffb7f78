// What the broker says in SCRAM: server-first-message, read and checked (RFC 5802, section 7). Knows bytes only.

import type { Reason } from "../wire/reason.js";
import { decodeBase64 } from "./base64.js";
import { SCRAM_EXTENSION, SCRAM_MALFORMED, SCRAM_NONCE } from "./reasons.js";

const enum Char {
	COMMA = 0x2c,
	EQUALS = 0x3d,
	ZERO = 0x30,
	NINE = 0x39,
	I = 0x69,
	M = 0x6d,
	R = 0x72,
	S = 0x73,
}

const enum Most {
	/** Digits of the iteration count that are read: more than anybody can ask for. */
	DIGITS = 9,
}

export interface Challenge {
	/** The broker's nonce, which begins with ours, as ASCII. */
	nonce: Uint8Array;
	salt: Uint8Array;
	/** 1 to 999999999: of a longer number the first digits. */
	iterations: number;
}

/** Whether the attribute at `at` is the one with this letter. */
const isAt = (message: Uint8Array, at: number, letter: number): boolean =>
	message[at] === letter && message[at + 1] === Char.EQUALS;

/** Where the attribute at `at` ends. */
const endOf = (message: Uint8Array, at: number): number => {
	const end = message.indexOf(Char.COMMA, at);
	return end < 0 ? message.length : end;
};

/** A positive number from `at` to `end`; 0: it is none. */
const numberOf = (message: Uint8Array, at: number, end: number): number => {
	if (at === end || message[at] === Char.ZERO) return 0;
	let value = 0;
	for (let i = at; i < end; i++) {
		const code = message[i];
		if (code < Char.ZERO || code > Char.NINE) return 0;
		if (i - at < Most.DIGITS) value = value * 10 + code - Char.ZERO;
	}
	return value;
};

/** Whether all of it may stand in a nonce: printable ASCII without a comma. */
const isPrintable = (nonce: Uint8Array): boolean => {
	for (let i = 0; i < nonce.length; i++)
		if (nonce[i] <= 0x20 || nonce[i] >= 0x7f || nonce[i] === Char.COMMA) return false;
	return true;
};

/** Whether `nonce` begins with `ours`, and is longer. */
const extend = (nonce: Uint8Array, ours: Uint8Array): boolean => {
	for (let i = 0; i < ours.length; i++) if (nonce[i] !== ours[i]) return false;
	return nonce.length > ours.length;
};

/** What is in server-first-message, or what is wrong with it. @param ours our nonce */
export const readChallenge = (message: Uint8Array, ours: Uint8Array): Challenge | Reason => {
	if (isAt(message, 0, Char.M)) return SCRAM_EXTENSION;
	if (!isAt(message, 0, Char.R)) return SCRAM_MALFORMED;
	let end = endOf(message, 0);
	const nonce = message.slice(2, end);
	let at = end + 1;
	if (!isPrintable(nonce) || !isAt(message, at, Char.S)) return SCRAM_MALFORMED;
	if (!extend(nonce, ours)) return SCRAM_NONCE;
	end = endOf(message, at);
	const salt = decodeBase64(message, at + 2, end);
	at = end + 1;
	if (salt === undefined || salt.length === 0 || !isAt(message, at, Char.I)) return SCRAM_MALFORMED;
	end = endOf(message, at);
	const iterations = numberOf(message, at + 2, end);
	// What is behind it is optional, and to be ignored.
	return iterations === 0 ? SCRAM_MALFORMED : { nonce, salt, iterations };
};
