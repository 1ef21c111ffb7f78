// Packet identifiers of messages received at QoS 2 and not yet released by the broker (section 4.3.3): what comes again
// under one of them was delivered already. A fixed table. Knows no socket.

export class Unreleased {
	private readonly ids: Uint16Array;
	private count = 0;

	/** @param ids room for as many as may be held, all 0 */
	constructor(ids: Uint16Array) {
		this.ids = ids;
	}

	get full(): boolean {
		return this.count === this.ids.length;
	}

	get empty(): boolean {
		return this.count === 0;
	}

	/** Behind the last identifier all is 0, which is none. */
	has(id: number): boolean {
		return this.ids.indexOf(id) >= 0;
	}

	/** Not to be called when full. */
	add(id: number): void {
		this.ids[this.count++] = id;
	}

	/** False when it was not there. */
	remove(id: number): boolean {
		const ids = this.ids;
		const at = ids.indexOf(id);
		if (at < 0) return false;
		ids[at] = ids[--this.count];
		ids[this.count] = 0;
		return true;
	}

	/** The broker has lost the session. */
	clear(): void {
		this.ids.fill(0);
		this.count = 0;
	}
}
