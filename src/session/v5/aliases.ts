// Topics that go out as a number of two bytes on the current connection (section 3.3.2.3.4). Knows Topics, no packets.

import type { Topic } from "../../wire/topic.js";

/**
 * The first ones stay: to give an alias to another topic costs a packet with the whole name, and more than one topic in
 * turn would do that each time. They are known by identity: it is the same Topic that is published again and again.
 */
export class Aliases {
	/** The topic with alias n at n - 1. */
	private readonly topics: (Topic | undefined)[] = [];
	/** How many there may be now. */
	private most = 0;

	/** @param size how many there may be at most */
	constructor(size: number) {
		for (let i = 0; i < size; i++) this.topics.push(undefined);
	}

	/** The broker takes so many. */
	allow(most: number): void {
		this.most = Math.min(most, this.topics.length);
	}

	/** The alias of a topic; 0: it has none. */
	aliasOf(topic: Topic): number {
		return this.most === 0 ? 0 : this.topics.indexOf(topic) + 1;
	}

	/** The alias that a topic without one may get; 0: there are no more. */
	get free(): number {
		const at = this.topics.indexOf(undefined);
		return at >= 0 && at < this.most ? at + 1 : 0;
	}

	/** A PUBLISH that sets the free alias to this topic was sent whole. */
	add(topic: Topic): void {
		this.topics[this.topics.indexOf(undefined)] = topic;
	}

	/** The connection is over, and so are they. */
	clear(): void {
		for (let i = 0; i < this.topics.length; i++) this.topics[i] = undefined;
		this.most = 0;
	}
}
