// Which handlers a message goes to. Knows the subscriptions, and the topic name as the decoder has it.

import type { Decoder } from "../wire/decoder.js";
import { matches } from "../wire/topic.js";
import type { Message } from "./message.js";
import type { Subscription, Subscriptions } from "./subscriptions.js";

/** No subscription: the message goes to `onMessage`. */
export const NOBODY = Object.freeze({
	handler: undefined,
	also: undefined,
	filter: "",
}) as unknown as Subscription;

export class Router {
	protected readonly topic: Float64Array;
	protected readonly subscriptions: Subscriptions;
	protected readonly decoder: Decoder;
	/**
	 * The last topic name that equals no filter, eight bytes at a time; its length, -1: none; who took it. Memory for it is
	 * allocated with the first subscription whose messages it can be the name of.
	 */
	protected last?: Float64Array;
	protected lastLength: number;
	protected route: Subscription;

	constructor(decoder: Decoder, subscriptions: Subscriptions) {
		this.topic = decoder.topicWords();
		this.subscriptions = subscriptions;
		this.decoder = decoder;
		this.lastLength = -1;
		this.route = NOBODY;
	}

	/**
	 * The first that takes the current message, if that is known without a search; others follow by `also`. Undefined: its topic
	 * name must be checked.
	 */
	recall(): Subscription | undefined {
		const length = this.decoder.topicLength;
		const topic = this.topic;
		// Eight bytes a step. Filters and checked topic names are UTF-8 without null characters, so none of their words is NaN
		// or -0 and equal numbers are equal bytes. The NaN behind the last one of a filter ends the walk.
		for (let it = this.subscriptions.first; it !== undefined; it = it.next) {
			if (it.length !== length) continue;
			const words = it.words!;
			let i = 0;
			while (words[i] === topic[i]) i++;
			if (i << 3 >= length) return it;
		}
		if (length !== this.lastLength) return undefined;
		const last = this.last!;
		for (let i = 0; i << 3 < length; i++) if (last[i] !== topic[i]) return undefined;
		return this.route;
	}

	/** Finds the first subscription for a message whose topic name equals no filter; NOBODY if there is none. */
	seek(): Subscription {
		const { topicLength, topic } = this.decoder;
		let last = NOBODY;
		this.forgetRoute();
		for (let it = this.subscriptions.first; it !== undefined; it = it.next) {
			if (it.handler === undefined) continue;
			if (it.words === undefined ? !matches(it.pattern!, topic, topicLength) : !this.equals(it.words))
				continue;
			if (last === NOBODY) this.route = it;
			else last.also = it;
			last = it;
		}
		this.remember();
		return this.route;
	}

	/** The next message with this topic name goes to the same ones. */
	protected remember(): void {
		const { topicLength } = this.decoder;
		const { last: memory, topic: words } = this;
		if (memory === undefined) return;
		for (let i = 0; i << 3 < topicLength; i++) memory[i] = words[i];
		this.lastLength = topicLength;
	}

	/** Whether the current topic name is a filter's, as above. */
	protected equals(words: Float64Array): boolean {
		const { topic } = this;
		let i = 0;
		while (words[i] === topic[i]) i++;
		return i << 3 >= this.decoder.topicLength && i + 1 === words.length;
	}

	/** The subscriptions have changed: what is remembered may be wrong for the next message. */
	forget(): void {
		this.lastLength = -1;
		if (this.last === undefined && this.subscriptions.needsSearch)
			this.last = new Float64Array(this.topic.length);
	}

	/** Ends all that take the current message by `filter`: those that were replaced meanwhile too. */
	endHandlers(filter: string): void {
		for (let it: Subscription | undefined = this.route; it !== undefined; it = it.also)
			if (it.topicFilter === filter) it.handler = undefined;
	}

	/** After the last part of a message nothing is to hold on to a subscription that is over. */
	forgetEnded(): void {
		if (this.lastLength < 0) this.forgetRoute();
	}

	protected forgetRoute(): void {
		let it: Subscription | undefined = this.route;
		this.route = NOBODY;
		while (it !== undefined && it !== NOBODY) {
			const next: Subscription | undefined = it.also;
			it.also = undefined;
			it = next;
		}
	}
}

/** Calls each, also after one that throws; the first error is thrown then. */
export const handToAll = (route: Subscription, message: Message): void => {
	let failure: { error: unknown } | undefined;
	for (let it: Subscription | undefined = route; it !== undefined; it = it.also) {
		const { handler } = it;
		try {
			handler?.(message);
		} catch (error) {
			failure ??= { error };
		}
	}
	if (failure !== undefined) throw failure.error;
};
