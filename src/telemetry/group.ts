// Several readings in one JSON object, at an interval or at a call. Uses the public face of Client only.

import { type Client, KEEP_ALL, type Listener, NOT_OPEN, type PayloadWriter, State } from "../client.js";
import { CLOSED_BY_APP, REPLACED } from "../connection/reasons.js";
import { checkBoolean, checkWhole } from "../wire/check.js";
import type { QoS } from "../wire/protocol.js";
import type { Reason } from "../wire/reason.js";
import { Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { type Fields, JsonObject } from "./json.js";
import { Ring } from "./ring.js";
import { HELD } from "./sensor.js";

/** Options of a Group. */
export interface GroupOptions {
	topic: string | Topic;
	/** Values by key, at least one. A value without a number is null. */
	fields: Fields;
	/** Milliseconds between two messages, 1 to 2^30 - 1; the first one comes after an interval. Default 0: only at `publish`. */
	interval?: number;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
	/** Adds the key "time" in front: the whole number that this function returned when the values were taken. NaN is null. */
	time?: () => number;
	/** Adds the key "quality" at the end: "good" when no value is null, "uncertain" when some are, "bad" when all are. */
	quality?: boolean;
	/**
	 * What is held while it cannot be sent: only the newest values, which replace waiting ones in the client's store; or a
	 * number of sets, 1 to 65535, each with 8 bytes a number. When that is full the oldest set is dropped: counted in
	 * `dropped`, and reported to the client's `onDropped` as 0 and REPLACED. Default "newest".
	 */
	keep?: "newest" | number;
}

const { CLOSED, CLOSING } = State;

// What stands in `stage`.
/** No set is being published. */
const IDLE = 0;
/** The client has not asked for the oldest set yet. */
const ASKING = 1;
/** The oldest set was written, and has left the ring. */
const WRITTEN = 2;

export class Group implements Listener, PayloadWriter {
	readonly topic: Topic;
	/** As given: names and units for those who describe this device. */
	readonly fields: Fields;
	/** Sets of values that were dropped: each counts in the client's statistics too, and was told to `onDropped`. */
	dropped = 0;

	private readonly client: Client;
	private readonly qos: QoS;
	private readonly retain: boolean;
	private readonly cadence: Cadence | undefined;
	private readonly json: JsonObject;
	private readonly owner: number;
	private readonly ring: Ring;
	private stage = IDLE;

	/** Claims the room for what it keeps. Throws on options that cannot work. */
	constructor(client: Client, options: GroupOptions) {
		const { topic, fields, interval = 0, time, keep = "newest" } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.fields = fields;
		this.qos = checkWhole("qos", options.qos, 0, 0, 2) as QoS;
		this.retain = checkBoolean("retain", options.retain);
		if (interval !== 0) this.cadence = new Cadence("interval", interval, client.ticks());
		const judged = checkBoolean("quality", options.quality);
		this.json = new JsonObject(time === undefined ? {} : { time }, fields, judged ? "quality" : undefined);
		client.checkSize("a Group's message", this.topic, this.qos, this.json.size);
		const sets = keep === "newest" ? 1 : checkWhole("keep", keep, 1, 1, 65_535);
		this.owner = client.owner() + (keep === "newest" ? 0 : KEEP_ALL);
		this.ring = new Ring(sets, this.json.width);
		client.attach(this);
	}

	/**
	 * Takes a number from each source, and publishes them.
	 * @returns the packet identifier, or 0 when accepted at QoS 0; HELD when it becomes a message by itself later;
	 * NOT_OPEN, and then no source was asked. Throws what a source throws, and then nothing is published.
	 */
	publish(): number {
		const { client, ring } = this;
		const { state } = client;
		if (state === CLOSED || state === CLOSING) return NOT_OPEN;
		const own = ring.free;
		this.json.take(ring.numbers, own);
		if (!ring.push()) client.reportDropped(REPLACED, this.owner);
		return this.send(own, false);
	}

	/** @internal */
	onDeadline(now: number): number {
		if (this.cadence?.isDue(now)) this.publish();
		return this.cadence?.delay(now) ?? Number.POSITIVE_INFINITY;
	}

	/** @internal */
	onConnected(): void {
		this.send(-1, false);
	}

	/** @internal */
	onWritable(): void {
		this.send(-1, false);
	}

	/** @internal The store takes what it has room for. */
	onClosing(): void {
		this.send(-1, true);
	}

	/** @internal */
	onDropped(_packetId: number, _reason: Reason, owner: number): void {
		if (owner === (this.owner & 0xff)) this.dropped++;
	}

	/** @internal */
	onDisconnected(): void {
		const { client, ring } = this;
		while (client.state === CLOSED && ring.oldest !== ring.free) {
			ring.removeFirst();
			client.reportDropped(CLOSED_BY_APP, this.owner);
		}
	}

	/**
	 * Publishes what is held, oldest first, as far as there is room.
	 * @param own the place of a set
	 * @param all else no set follows one that waits in the store, so that the store is not filled with them
	 * @returns what came of the set at `own`
	 */
	private send(own: number, all: boolean): number {
		const { client, owner, ring } = this;
		let result = HELD;
		// Called from onDropped, while publish() is already sending: that goes on with this set.
		if (this.stage !== IDLE) return result;
		while (ring.oldest !== ring.free) {
			if (owner > KEEP_ALL && !all && client.isWaiting(owner - KEEP_ALL)) {
				client.awaitRoom();
				break;
			}
			const at = ring.oldest;
			let sent = 0;
			this.stage = ASKING;
			try {
				sent = client.publishWith(this.topic, this.qos, this.retain, this, owner);
			} finally {
				const written = this.stage === WRITTEN;
				this.stage = IDLE;
				if (sent < 0 && written && !ring.putBack()) client.reportDropped(REPLACED, owner);
			}
			if (sent < 0) break;
			if (at === own) result = sent;
		}
		return result;
	}

	/** @internal */
	write(bytes: Uint8Array, at: number): number {
		const { oldest, numbers } = this.ring;
		this.stage = WRITTEN;
		this.ring.removeFirst();
		return this.json.write(numbers, oldest, bytes, at);
	}
}
