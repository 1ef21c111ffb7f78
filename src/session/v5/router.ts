// Which handlers a message of MQTT 5.0 goes to: those of the subscription identifiers that it has, or else as in 3.1.1.
// Knows the subscriptions, and the topic name as the decoder has it.

import { matches } from "../../wire/topic.js";
import type { Decoder5 } from "../../wire/v5/decoder.js";
import { Property } from "../../wire/v5/property.js";
import { NOBODY, Router } from "../router.js";
import type { Subscription } from "../subscriptions.js";
import type { Subscriptions5 } from "./subscriptions.js";

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
		return identifier === this.identifier && identifier > 0 && this.isLast() ? this.route : this.glance();
	}

	/** Whether the topic name at hand is the one that is remembered. */
	private isLast(): boolean {
		const { topic } = this;
		const last = this.last!; // there is a length only with it
		const { topicLength } = this.decoder;
		if (topicLength !== this.lastLength) return false;
		for (let i = 0; i << 3 < topicLength; i++) if (last![i] !== topic[i]) return false;
		return true;
	}

	/** A filter that is the only one to take the topic name needs no identifier. */
	private glance(): Subscription | undefined {
		this.forget();
		return super.recall();
	}

	override seek(): Subscription {
		const identifier = this.decoder.subscriptionIdentifier;
		this.identifier = identifier;
		if (identifier === 0) return super.seek();
		this.forgetRoute();
		return this.identify() ? this.route : super.seek();
	}

	/** Finds who has the identifiers of the message at hand; false: nobody. */
	private identify(): boolean {
		const { decoder, subscriptions } = this;
		const { topic, topicLength, received } = decoder;
		let last = NOBODY;
		let known = false;
		for (
			let at = received.find(Property.SUBSCRIPTION_IDENTIFIER);
			at >= 0;
			at = received.find(Property.SUBSCRIPTION_IDENTIFIER, at + received.foundLength)
		) {
			const it = subscriptions.withIdentifier(received.numberAt(Property.SUBSCRIPTION_IDENTIFIER, at));
			if (it === undefined || it === last || it.also !== undefined) continue;
			// An earlier life may have had another filter under this number.
			if (it.words === undefined ? !matches(it.pattern!, topic, topicLength) : !this.equals(it.words))
				continue;
			known = true;
			if (it.handler === undefined) continue;
			if (last === NOBODY) this.route = it;
			else last.also = it;
			last = it;
		}
		if (known) this.remember();
		return known;
	}
}
