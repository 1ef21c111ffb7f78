// Which version of MQTT a connection speaks: its CONNECT says so. Without one, what fits is taken. Knows decoded packets;
// no bytes.

import type { Packet, Version } from "./packet.js";

export class Dialect {
	/** Told by CONNECT, or by whoever began. */
	#known: Version | undefined;
	/** By the last packet that can be of one version only. */
	#guess: Version | undefined;

	/** `version`: what it is unless a CONNECT says otherwise; none: by what fits. */
	constructor(version?: Version) {
		this.#known = version;
	}

	/** Undefined: nobody has said so. */
	get known(): Version | undefined {
		return this.#known;
	}

	/** A CONNECT was read. */
	learn({ version, facts }: Packet): void {
		if (facts.protocolLevel !== undefined) this.#known = version;
	}

	/** Decodes a packet that is no CONNECT, by `read`. */
	decode(read: (version: Version) => Packet): Packet {
		if (this.#known !== undefined) return read(this.#known);
		const four = read(4);
		const five = read(5);
		const fits = [isWhole(four), isWhole(five)];
		if (fits[0] !== fits[1]) this.#guess = fits[0] ? 4 : 5;
		else if (this.#guess === undefined && fits[0] && isRather5(four, five)) this.#guess = 5;
		if (this.#guess !== 5) return four;
		five.guessed = true;
		return five;
	}
}

function isWhole({ facts, violations }: Packet): boolean {
	return facts.alien === undefined && violations.length === 0;
}

/** A PUBLISH of 5.0 is one of 3.1.1, too; then its payload begins with the properties. */
function isRather5(four: Packet, five: Packet): boolean {
	return four.type === "PUBLISH" && !isText(four) && isText(five);
}

function isText({ fields }: Packet): boolean {
	const payload = fields.at(-1)?.value;
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they tell binary from text
	return typeof payload === "string" && payload !== "" && !/[\0-\x08\x0e-\x1f\ufffd]/.test(payload);
}
