// Which handlers a message of MQTT 5.0 goes to: those of the subscription identifiers that it has, or else as in 3.1.1.
// Knows the subscriptions, and the topic name as the decoder has it.

import { matches } from "../../wire/topic.js";
import type { Decoder5 } from "../../wire/v5/decoder.js";
import { Property } from "../../wire/v5/property.js";
import { NOBODY, Router } from "../router.js";
import type { Subscription } from "../subscriptions.js";
import type { Subscription5, Subscriptions5 } from "./subscriptions.js";

export class Router5 extends Router {
	declare protected readonly decoder: Decoder5;
	declare protected readonly subscriptions: Subscriptions5;
	/** The identifier of the message whose topic name is remembered, as the decoder has it. */
	private identifier: number;

	constructor(decoder: Decoder5, subscriptions: Subscriptions5) {
		super(decoder, subscriptions);
		this.identifier = 0;
	}

	override recall(): Subscription | undefined {
		const identifier = this.decoder.subscriptionIdentifier;
		if (identifier === 0 && this.identifier === 0) return super.recall();
		// Several identifiers are not remembered.
		return identifier === this.identifier && identifier > 0 && this.isLast()
			? this.route
			: this.recallUnique();
	}

	/** Whether the current topic name is the one that is remembered. */
	private isLast(): boolean {
		const { topic } = this;
		const last = this.last!; // there is a length only with it
		const { topicLength } = this.decoder;
		if (topicLength !== this.lastLength) return false;
		for (let i = 0; i << 3 < topicLength; i++) if (last![i] !== topic[i]) return false;
		return true;
	}

	/**
	 * A filter that is the only one to take the topic name needs no identifier. One that has its own has only its messages:
	 * those of another one come until the broker has ended that.
	 */
	private recallUnique(): Subscription | undefined {
		this.forget();
		const unique = super.recall() as Subscription5 | undefined;
		if (unique === undefined) return undefined;
		const { identifier } = unique;
		return identifier === 0 || identifier === this.decoder.subscriptionIdentifier ? unique : undefined;
	}

	override seek(): Subscription {
		const identifier = this.decoder.subscriptionIdentifier;
		this.identifier = identifier;
		if (identifier === 0) return super.seek();
		this.forgetRoute();
		return this.identify() ? this.route : super.seek();
	}

	/** Finds the subscriptions that have the identifiers of the message; false if there are none, or some were not kept. */
	private identify(): boolean {
		const { decoder, subscriptions, identifier } = this;
		const { received } = decoder;
		let known = false;
		if (identifier > 0) known = this.addIdentified(identifier);
		else if (received.truncated) return false;
		else
			for (
				let at = received.locate(Property.SUBSCRIPTION_IDENTIFIER);
				at >= 0;
				at = received.locate(Property.SUBSCRIPTION_IDENTIFIER, at + received.foundLength)
			)
				known = this.addIdentified(received.numberAt(Property.SUBSCRIPTION_IDENTIFIER, at)) || known;
		if (!known) return false;
		// What the broker has without an identifier is not named.
		for (let it = subscriptions.first; it !== undefined; it = it.next as Subscription5 | undefined)
			if (it.handler !== undefined && !subscriptions.isIdentified(it)) this.add(it);
		this.remember();
		return true;
	}

	/** The subscription with this identifier has the current message too, if it has not ended. False: there was none. */
	private addIdentified(identifier: number): boolean {
		const { subscriptions } = this;
		return this.add(subscriptions.withIdentifier(identifier)) || subscriptions.hasEnded(identifier);
	}

	/** It has the current message too. False: its filter does not take the topic name. */
	private add(it: Subscription | undefined): boolean {
		if (it === undefined) return false;
		const { topic, topicLength } = this.decoder;
		// An earlier life may have had another filter under this number.
		if (it.words === undefined ? !matches(it.pattern!, topic, topicLength) : !this.equals(it.words))
			return false;
		if (it.handler === undefined) return true;
		if (this.route === NOBODY) {
			this.route = it;
			return true;
		}
		let last = this.route;
		while (last !== it && last.also !== undefined) last = last.also;
		if (last !== it) last.also = it;
		return true;
	}
}
