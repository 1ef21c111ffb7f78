// Packets of a broker, and what can go wrong with them: works in one buffer, without garbage.

import {
	CONNACK,
	concat,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	UNSUBACK,
} from "../../support/packets.js";
import { corpus } from "./corpus.js";
import type { Random } from "./random.js";

const templates: Uint8Array[] = [
	PUBLISH("exact/topic", "hello"),
	PUBLISH("exact/topic", ""),
	PUBLISH("exact/topic", "hello", { qos: 1, id: 7 }),
	PUBLISH("exact/topic", "x".repeat(200), { qos: 1, id: 300, retain: true }),
	PUBLISH("wild/1/x", "21.5", { retain: true }),
	PUBLISH("wild/°/x", "21.5 °C", { qos: 1, id: 65_535, dup: true }),
	PUBLISH("other", "🌡", { qos: 1, id: 1 }),
	PUBLISH("/", "y".repeat(100)),
	PUBLISH("eight888", "1"),
	PUBLISH("t".repeat(80), "a topic longer than its buffer", { qos: 1, id: 9 }),
	PUBLISH("big", "z".repeat(700), { qos: 1, id: 12 }),
	PUBLISH("q2", "two", { qos: 2, id: 5 }),
	...[1, 2, 3, 4, 5, 300].map(PUBACK),
	...[0, 1, 2].map((code) => SUBACK(1, code)),
	SUBACK(2, 0x80),
	SUBACK(3, 1),
	...[1, 2, 3].map(UNSUBACK),
	PUBREC(5),
	PUBREL(5),
	PUBREL(9),
	PUBCOMP(5),
	PINGRESP,
	PINGRESP,
	CONNACK(),
	CONNACK(true),
	CONNACK(false, 5),
	Uint8Array.of(0xd0, 0x80, 0x80, 0x80, 0x00),
	Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f),
	...corpus.map(({ bytes }) => bytes),
	concat([PUBLISH("exact/topic", "1"), PUBACK(1), PUBLISH("wild/a/x", "2", { qos: 1, id: 2 }), PINGRESP]),
];
/** Templates that a client has to accept: whole messages, and answers nobody waits for. */
const VALID = 9;

const interesting = Uint8Array.of(
	0,
	1,
	2,
	0x1f,
	0x20,
	0x23,
	0x2b,
	0x30,
	0x32,
	0x40,
	0x62,
	0x7f,
	0x80,
	0x90,
	0xff,
);

export class Mutator {
	readonly bytes = new Uint8Array(4096);
	length = 0;
	readonly #random: Random;

	constructor(random: Random) {
		this.#random = random;
	}

	/** A packet as a broker sends it. */
	valid(): void {
		this.#copy(templates[this.#random.below(VALID)]);
	}

	/** A packet that may be wrong in any way. */
	mutate(): void {
		const random = this.#random;
		this.#copy(templates[random.below(templates.length)]);
		for (let times = 1 + random.below(3); times > 0; times--) this.#change();
	}

	#copy(template: Uint8Array): void {
		this.bytes.set(template);
		this.length = template.length;
	}

	#change(): void {
		const random = this.#random;
		const bytes = this.bytes;
		const length = this.length;
		// The head decides more than what follows it.
		const at = random.once(2) ? random.below(Math.min(length, 6) || 1) : random.below(length || 1);
		switch (random.below(11)) {
			case 0:
			case 1:
				bytes[at] ^= 1 << random.below(8);
				break;
			case 2:
				bytes[at] = random.below(256);
				break;
			case 3:
				bytes[at] = interesting[random.below(interesting.length)];
				break;
			case 4: // the remaining length
				bytes[1] += random.once(2) ? 1 : -1;
				break;
			case 5: // cut short
				this.length = at;
				break;
			case 6: {
				// something in between, of itself
				const count = Math.min(random.below(16), length - at);
				bytes.copyWithin(at + count, at, length);
				this.length = length + count;
				break;
			}
			case 7: {
				// something missing
				const count = Math.min(random.below(8), length - at);
				bytes.copyWithin(at, at + count, length);
				this.length = length - count;
				break;
			}
			case 8: {
				// the head of one, the rest of another
				const other = templates[random.below(templates.length)];
				bytes.set(other, at);
				this.length = at + other.length;
				break;
			}
			case 9: // twice
				bytes.copyWithin(length, 0, length);
				this.length = 2 * length;
				break;
			default: {
				// rubbish behind
				const count = random.below(12);
				for (let i = 0; i < count; i++) bytes[length + i] = random.below(256);
				this.length = length + count;
			}
		}
		if (this.length > 1800) this.length = 1800;
	}
}
