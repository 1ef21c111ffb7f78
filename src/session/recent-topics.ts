// The last few topic names given as strings, so that a topic published again and again is encoded once.

import { Topic } from "../wire/topic.js";

const CAPACITY = 8;

export class RecentTopics {
	/** Grows to its capacity: an app that publishes to Topics pays nothing for it. */
	private readonly topics: Topic[] = [];
	/** Where the last one was found. */
	private at = 0;

	/** The Topic of `name`. Allocates when it is none of the last eight; throws as Topic does. */
	get(name: string): Topic {
		const topics = this.topics;
		const count = topics.length;
		// The next one first: an app often publishes to the same topics in turn.
		let at = this.at;
		for (let i = 0; i < count; i++) {
			if (++at >= count) at = 0;
			const topic = topics[at];
			if (topic.name === name) {
				this.at = at;
				return topic;
			}
		}
		const topic = new Topic(name);
		if (++this.at >= CAPACITY) this.at = 0;
		if (count < CAPACITY) this.at = count;
		topics[this.at] = topic;
		return topic;
	}
}
