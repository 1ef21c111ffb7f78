// The last few topic names given as strings, so that a topic published again and again is encoded once.

import { Topic } from "../wire/topic.js";

const CAPACITY = 4;

export class RecentTopics {
	private readonly names: string[] = new Array(CAPACITY).fill("");
	private readonly topics: (Topic | undefined)[] = new Array(CAPACITY).fill(undefined);
	private next = 0;

	/** The Topic of `name`. Allocates when it is none of the last four; throws as Topic does. */
	get(name: string): Topic {
		const names = this.names;
		for (let i = 0; i < CAPACITY; i++)
			if (names[i] === name && this.topics[i] !== undefined) return this.topics[i]!;
		const topic = new Topic(name);
		const at = this.next;
		names[at] = name;
		this.topics[at] = topic;
		this.next = at + 1 === CAPACITY ? 0 : at + 1;
		return topic;
	}
}
