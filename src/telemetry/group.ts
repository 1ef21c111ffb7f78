// Several readings as one JSON object, at an interval or at a call, held while they cannot be sent.
// Knows the Client's extension points, no packets.

import { type Client, type Listener, NOT_OPEN, type PayloadWriter, State } from "../client.js";
import { whole, yesOrNo } from "../options.js";
import { CLOSED_BY_APP, REPLACED } from "../reasons.js";
import type { QoS } from "../wire/protocol.js";
import { Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { type Fields, JsonObject } from "./json.js";
import { Ring } from "./ring.js";
import { HELD } from "./sensor.js";

export interface GroupOptions {
	topic: string | Topic;
	/** Values by key: at least one, and what has no number when it is taken is null. */
	fields: Fields;
	/** Milliseconds between two messages, 1 to 2^30 - 1; the first comes at its end. Default 0: only at `publish`. */
	interval?: number;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
	/** Adds the key "time" in front: a whole number from this function, as of when the values were taken; NaN is null. */
	time?: () => number;
	/** Adds the key "quality" at the end: "good" when no value is null, "uncertain" when some are, "bad" when all are. */
	quality?: boolean;
	/**
	 * What is held while it cannot be sent: only the newest values, or, behind the set that stands in the packet buffer,
	 * a ring of so many sets, 1 to 65535, each of 8 bytes a number. When it is full the oldest in it gives way: it is
	 * counted in `dropped` and told to the client's `onDropped`, as 0 and REPLACED. Default "newest".
	 */
	keep?: "newest" | number;
}

export class Group implements Listener, PayloadWriter {
	readonly topic: Topic;
	/** As given: names and units for whoever describes this device. */
	readonly fields: Fields;
	/** Sets of values that gave way to newer ones, or were held when the client was closed. */
	dropped = 0;

	private readonly client: Client;
	private readonly qos: QoS;
	private readonly retain: boolean;
	private readonly cadence: Cadence | undefined;
	private readonly json: JsonObject;
	private readonly owner: number;
	private readonly row: Float64Array;
	private readonly ring: Ring;

	/** Claims its packet buffer and the room for what it keeps. Throws on options that cannot work. */
	constructor(client: Client, options: GroupOptions) {
		const { topic, fields, interval = 0, time, keep = "newest" } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.fields = fields;
		this.qos = whole("qos", options.qos, 0, 0, 2) as QoS;
		this.retain = yesOrNo("retain", options.retain);
		if (interval !== 0) this.cadence = new Cadence("interval", interval, client.ticks());
		const judged = yesOrNo("quality", options.quality);
		this.json = new JsonObject(time === undefined ? {} : { time }, fields, judged ? "quality" : undefined);
		this.owner = keep === "newest" ? client.owner() : 0;
		this.row = new Float64Array(this.json.width);
		this.ring = new Ring(keep === "newest" ? 1 : whole("keep", keep, 1, 1, 65_535), this.json.width);
		client.attach(this);
	}

	/**
	 * Takes a number from each source, and publishes them.
	 * @returns the packet identifier, or 0 when accepted at QoS 0; HELD when it goes by itself as soon as it can;
	 * NOT_OPEN, and then no source was asked. Throws what a source throws, and then nothing is published.
	 */
	publish(): number {
		const { client, ring } = this;
		if (client.state === State.CLOSED || client.state === State.CLOSING) return NOT_OPEN;
		this.json.take(this.row);
		if (!ring.push(this.row)) this.drop(REPLACED);
		return this.send();
	}

	/** @internal */
	onDeadline(now: number): number {
		if (this.cadence?.isDue(now)) this.publish();
		return this.cadence?.delay(now) ?? Number.POSITIVE_INFINITY;
	}

	/** @internal */
	onConnected(): void {
		this.send();
	}

	/** @internal */
	onWritable(): void {
		this.send();
	}

	/** @internal */
	onClosing(): void {
		this.send();
	}

	/** @internal */
	onDisconnected(): void {
		const { client, ring } = this;
		while (client.state === State.CLOSED && ring.count > 0) {
			ring.shift();
			this.drop(CLOSED_BY_APP);
		}
	}

	/** Publishes what is held, oldest first, as far as there is room. */
	private send(): number {
		const { client, ring } = this;
		let result = HELD;
		while (ring.count > 0 && client.state === State.CONNECTED) {
			const sent = client.publishWith(this.topic, this.qos, this.retain, this, this.owner);
			if (sent < 0) return HELD;
			ring.shift();
			result = sent;
		}
		return result;
	}

	/** @internal */
	write(bytes: Uint8Array, at: number): number {
		return this.json.write(this.ring.numbers, this.ring.oldest, bytes, at);
	}

	private drop(reason: typeof REPLACED): void {
		this.dropped++;
		this.client.drop(0, reason);
	}
}
