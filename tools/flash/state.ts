// What has become of the board's flash so far, in words for somebody who was interrupted. Knows parts.

import { type Part, partText } from "./parts.js";

export class FlashState {
	#erased = false;
	#whole: Part[] = [];
	#begun: Part | undefined;

	/** Something in flash is not as it was, and not yet as it is to be. */
	get unfinished(): boolean {
		return this.#begun !== undefined || this.#erased;
	}

	erasing(): void {
		this.#erased = true;
	}

	begin(part: Part): void {
		this.#begun = part;
	}

	/** Written and verified, or found unchanged. */
	markWhole(part: Part): void {
		this.#begun = undefined;
		this.#whole.push(part);
	}

	done(): void {
		this.#begun = undefined;
		this.#erased = false;
	}

	/** A sentence or two: how the board is, and how to go on. */
	get text(): string {
		const whole = this.#whole.map(partText).join(", ");
		if (!this.unfinished)
			return whole === ""
				? "Nothing was written: the board is as it was."
				: `Whole on the board: ${whole}. Repeat the same command for the rest.`;
		const parts = [
			this.#erased ? "The flash was erased, or half of it" : undefined,
			this.#begun && `${partText(this.#begun)} is written in part`,
		].filter((one) => one !== undefined);
		return (
			`${parts.join("; ")}: the board does not start its app until it is flashed again. ` +
			"The bootloader inside the chip stays: repeat the same command" +
			(whole === "" ? "." : `; what is whole (${whole}) is skipped then.`)
		);
	}
}
