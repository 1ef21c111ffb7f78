// What all packets of an input come to: how many, a summary in words, and whether that is a failure. Knows no output.

import { Problem } from "../problem.js";
import type { Place } from "./connections.js";
import type { Packet } from "./packet.js";

export class Tally {
	#packets = 0;
	/** Packets that break a rule. */
	#wrong = 0;
	/** Packets that did not come whole. */
	#cut = 0;
	/** Bytes that are no packets. */
	#stray = 0;
	/** What is wrong with the first one; "" also for bytes that are only hidden, as a password may be among them. */
	#firstWrong = "";
	#firstStray = "";
	/** What is missing at the end of the input. */
	#ending = "";

	/** `place`: none if it is not from a capture. */
	packet({ type, at, length, missing, violations, facts }: Packet, place: Place | undefined): void {
		if (missing > 0 || facts.cut) {
			this.#cut++;
			// A capture ends anywhere, and so may a connection: that is no failure.
			if (place === undefined)
				this.#ending = facts.cut
					? `a packet begins at byte ${at}, and its Remaining Length is not whole`
					: `${missing} of the ${length} bytes of the ${type} at byte ${at} are missing`;
		} else if (type === "?") {
			this.#stray += length;
			this.#firstStray ||= violations[0]?.what ?? "";
		}
		if (type === "?") return;
		this.#packets++;
		if (violations.length === 0) return;
		this.#wrong++;
		this.#firstWrong ||= `[${violations[0].rule}] ${violations[0].what}`;
	}

	/** Whether nothing was found, not even what is no packet. */
	get empty(): boolean {
		return this.#packets + this.#cut + this.#stray === 0;
	}

	get summary(): string {
		const parts = [
			count(this.#packets, "packet"),
			this.#wrong === 0 ? "no violations" : `${this.#wrong} with violations`,
		];
		if (this.#cut > 0) parts.push(`${this.#cut} incomplete`);
		if (this.#stray > 0) parts.push(`${count(this.#stray, "byte")} outside of packets`);
		return parts.join(", ");
	}

	/** What makes it a failure, if anything does. */
	get problem(): Problem | undefined {
		if (this.#firstStray !== "")
			return new Problem(
				`${count(this.#stray, "byte")} could not be decoded`,
				this.#firstStray,
				"begin with the first byte of a packet; --format names what the input is",
			);
		if (this.#wrong > 0)
			return new Problem(
				`${this.#wrong} of ${count(this.#packets, "packet")} with violations`,
				this.#firstWrong,
				"each is shown with its packet",
			);
		if (this.#ending !== "")
			return new Problem("the input ends within a packet", this.#ending, "give all of its bytes");
		if (this.#stray > 0)
			return new Problem(
				`${count(this.#stray, "byte")} could not be decoded`,
				"they follow an incomplete packet, and its password or authentication data may be among them",
				"capture whole frames",
			);
		return undefined;
	}
}

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
