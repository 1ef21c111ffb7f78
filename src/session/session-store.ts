// The store, with what else outlives a connection in front of its records: counts, and the packet identifiers of messages
// received at QoS 2 that the broker has not released yet (section 4.3.3): what comes again under one of them was delivered
// already. Knows no socket.

import { Store } from "./store.js";

/** Numbers in front of the records, as words. A field of an object would take four times as much. */
export const enum Cell {
	/** Identifiers in the table of those that the broker has not released; how many there may be; its place, in bytes. */
	UNRELEASED = 1,
	UNRELEASED_MOST,
	UNRELEASED_AT,
	/** How many of them, at the front, are of earlier connections, and were not sent again on this one. */
	UNRELEASED_OLD,
	/** Identifiers in the table of those that we have released, and how many of their PUBRELs this connection has sent. */
	RELEASED,
	RELEASES_SENT,
	/** Where the acknowledgements of ours that wait begin, in words. */
	ACKNOWLEDGEMENTS_AT,
	/** ROOM, if what `place` gave is room reserved. */
	ROOM_MARK,
	/** Messages that newer ones have replaced, and how many of them were told. */
	REPLACED,
	REPLACED_TOLD,
	/** MQTT 5.0: messages that may expire, and the ticks when they were looked at last. */
	EXPIRING,
	LOOKED_AT,
	/** Seconds until the message expires that is being sent. */
	SECONDS_LEFT,
	/** The table of released identifiers. */
	TABLE,
}

export class SessionStore extends Store {
	/**
	 * @param released how many identifiers of ours may be released, and not complete
	 * @param unreleased how many of the broker's may be unreleased
	 * @param acknowledgements how many of ours may wait
	 */
	constructor(
		storeSize: number,
		windowSize: number,
		released: number,
		unreleased: number,
		acknowledgements: number,
	) {
		super(storeSize, windowSize, Cell.TABLE - 1 + released + ((unreleased + 1) >> 1) + acknowledgements);
		const { words } = this;
		words[Cell.UNRELEASED_MOST] = unreleased;
		words[Cell.UNRELEASED_AT] = (Cell.TABLE + released) << 2;
		words[Cell.ACKNOWLEDGEMENTS_AT] = this.base - acknowledgements;
	}

	get unreleasedFull(): boolean {
		return this.words[Cell.UNRELEASED] === this.words[Cell.UNRELEASED_MOST];
	}

	get noneUnreleased(): boolean {
		return this.words[Cell.UNRELEASED] === 0;
	}

	/** Whether a message with this identifier came before. If it did on an earlier connection, the broker still has it. */
	isUnreleased(id: number): boolean {
		const at = this.seekUnreleased(id);
		if (at === 0) return false;
		this.renewUnreleased(at);
		return true;
	}

	/** Not to be called when full. */
	addUnreleased(id: number): void {
		const { words, all } = this;
		const at = words[Cell.UNRELEASED_AT] + (words[Cell.UNRELEASED]++ << 1);
		all[at] = id >> 8;
		all[at + 1] = id;
	}

	/** False when it was not there. */
	removeUnreleased(id: number): boolean {
		let at = this.seekUnreleased(id);
		if (at === 0) return false;
		const { words, all } = this;
		if (words[Cell.UNRELEASED_OLD] !== 0) at = this.renewUnreleased(at);
		const last = words[Cell.UNRELEASED_AT] + (--words[Cell.UNRELEASED] << 1);
		all[at] = all[last];
		all[at + 1] = all[last + 1];
		return true;
	}

	/** The broker has lost the session. */
	clearUnreleased(): void {
		this.words[Cell.UNRELEASED] = this.words[Cell.UNRELEASED_OLD] = 0;
	}

	/** A new connection: with a session the broker sends again what it has not released (section 4.4). */
	ageUnreleased(): void {
		this.words[Cell.UNRELEASED_OLD] = this.words[Cell.UNRELEASED];
	}

	/** Forgets those of earlier connections that the broker has not sent again: it does not have them any more. */
	dropOldUnreleased(): void {
		const { words, all } = this;
		const at = words[Cell.UNRELEASED_AT];
		const old = words[Cell.UNRELEASED_OLD];
		all.copyWithin(at, at + (old << 1), at + (words[Cell.UNRELEASED] << 1));
		words[Cell.UNRELEASED] -= old;
		words[Cell.UNRELEASED_OLD] = 0;
	}

	/** The identifier at `at` was heard of on this connection. Returns where it stands then. */
	private renewUnreleased(at: number): number {
		const { words, all } = this;
		const last = words[Cell.UNRELEASED_AT] + (words[Cell.UNRELEASED_OLD] << 1) - 2;
		if (at > last) return at;
		words[Cell.UNRELEASED_OLD]--;
		const high = all[at];
		const low = all[at + 1];
		all[at] = all[last];
		all[at + 1] = all[last + 1];
		all[last] = high;
		all[last + 1] = low;
		return last;
	}

	/** Where an identifier stands, in `all`; 0: nowhere. */
	private seekUnreleased(id: number): number {
		const { words, all } = this;
		const from = words[Cell.UNRELEASED_AT];
		for (let at = from + (words[Cell.UNRELEASED] << 1) - 2; at >= from; at -= 2)
			if (((all[at] << 8) | all[at + 1]) === id) return at;
		return 0;
	}
}
