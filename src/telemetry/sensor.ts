// A reading that is published when it is worth it. Knows the Client's extension points, no packets.

import { type Client, type Helper, NO_ROOM } from "../client.js";
import { whole, yesOrNo } from "../options.js";
import type { PacketSlot } from "../session/packet-slot.js";
import type { QoS } from "../wire/protocol.js";
import { show } from "../wire/quote.js";
import { encodeField, Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { decimalSize, NUMBER, TOO_LARGE, writeDecimal } from "./decimal.js";
import { type Quantity, type Source, type SourceLike, sourceOf } from "./source.js";

export interface SensorOptions extends Quantity {
	topic: string | Topic;
	/**
	 * Where readings come from: one is taken at each interval, which then is from 250 milliseconds on, and judged as
	 * `update` does. With a Mean it is the mean over the interval. Default: readings come by `update` only.
	 */
	source?: SourceLike;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
	/**
	 * Milliseconds between two messages at least, 0 to 2^30 - 1; the last reading in between goes out at its end, or at
	 * close. Default 0.
	 */
	interval?: number;
	/** A reading is worth a message when it differs from the last published one by this much or more. Default 0: always. */
	deadband?: number;
	/** Milliseconds between two messages at most, whether or not there was a new reading. Default 0: off. */
	heartbeat?: number;
	/**
	 * What is held while it cannot be sent: only the newest reading, in a packet buffer of the sensor's own, or all, in
	 * the client's pool. Default "newest".
	 */
	keep?: "newest" | "all";
	/**
	 * Text that is published for NaN, infinities, magnitudes from 1e21 on and what is no number. Default: such readings are
	 * refused.
	 */
	invalid?: string;
}

/** `update`: the reading was noted, and is not worth a message now. */
export const HELD = -3;
/** `update`: the reading is NaN, infinite, from 1e21 on or no number, and the option `invalid` is not set. */
export const INVALID = -4;

export class Sensor implements Helper {
	/** Readings that were refused because they are no number that could be written: NaN, 1e21, null. */
	invalidReadings = 0;
	/** The last reading given to `update`, NaN at first. */
	value = Number.NaN;

	readonly topic: Topic;
	// For whoever describes this device.
	readonly name: string | undefined;
	readonly unit: string | undefined;
	readonly decimals: number;

	private readonly client: Client;
	private readonly source: Source | undefined;
	private readonly cadence: Cadence | undefined;
	private readonly slot: PacketSlot | undefined;
	private readonly qos: QoS;
	private readonly retain: boolean;
	private readonly deadband: number;
	private readonly interval: number;
	private readonly heartbeat: number;
	private readonly ticks: () => number;
	private readonly invalid: Uint8Array | undefined;
	/** `value` is to be published as soon as the interval is over, or there is room. */
	private pending = false;
	private published = Number.NaN;
	private publishedAt = 0;
	private first = true;
	/** The interval since the last message is not over. Noted, because the clock wraps. */
	private resting = false;

	/** Claims its packet buffer, with `keep: "newest"`. Throws on options that cannot work. */
	constructor(client: Client, options: SensorOptions) {
		const { topic, invalid, deadband = 0, keep = "newest" } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.name = options.name;
		this.unit = options.unit;
		this.decimals = whole("decimals", options.decimals, 0, 0, 15);
		this.qos = whole("qos", options.qos, 0, 0, 2) as QoS;
		this.retain = yesOrNo("retain", options.retain);
		this.interval = whole("interval", options.interval, 0, 0, 0x3fffffff);
		this.heartbeat = whole("heartbeat", options.heartbeat, 0, 0, 0x3fffffff);
		if (typeof deadband !== "number" || !(deadband >= 0))
			throw new RangeError(`deadband is ${deadband}: it must be a number from 0`);
		// 21.4 - 21.3 is a little less than 0.1.
		this.deadband = deadband * (1 - 1e-6);
		if (invalid !== undefined) this.invalid = encodeField("invalid", invalid).slice(2);
		if (keep !== "newest" && keep !== "all")
			throw new RangeError(`keep is ${show(keep)}: it must be "newest" or "all"`);
		const payload = Math.max(decimalSize(this.decimals), this.invalid?.length ?? 0);
		if (keep === "newest") this.slot = client.reserve(5 + this.topic.field.length + 2 + payload);
		this.ticks = client.ticks;
		if (options.source !== undefined) {
			this.source = sourceOf("a Sensor", options.source);
			// The cadence is the interval: nothing has to rest besides.
			this.cadence = new Cadence("interval", this.interval, client.ticks());
			this.interval = 0;
		}
		client.attach(this);
	}
	/**
	 * Takes a reading, and publishes it if it is worth a message now.
	 * @returns the packet identifier, 0 when accepted at QoS 0; HELD, INVALID, NO_ROOM or NOT_OPEN. After NO_ROOM the
	 * newest reading goes out by itself as soon as there is room.
	 */
	update(value: number): number {
		// null would be 0.
		if (typeof value !== NUMBER) value = Number.NaN;
		const valid = Math.abs(value) < TOO_LARGE;
		if (!valid && this.invalid === undefined) {
			this.invalidReadings++;
			return INVALID;
		}
		this.value = value;
		if (!this.first && this.deadband > 0) {
			const published = this.published;
			// NaN stands for whatever is no number.
			const same = valid ? Math.abs(value - published) < this.deadband : Number.isNaN(published);
			if (same) {
				this.pending = false;
				return HELD;
			}
		}
		this.pending = true;
		return this.publish(this.ticks());
	}

	/** @internal */
	onWritable(): void {
		if (this.pending) this.publish(this.ticks());
	}

	/** @internal */
	onTick(now: number): void {
		const elapsed = (now - this.publishedAt) | 0;
		if (elapsed >= this.interval) this.resting = false;
		if (this.cadence?.due(now)) this.update(this.source!.take());
		const due = this.heartbeat > 0 && !this.first && elapsed >= this.heartbeat;
		if (this.pending || due) this.publish(now);
	}

	/** @internal What waits goes now, through the pool if its own packet buffer is in flight. */
	onClosing(): void {
		if (!this.pending) return;
		const now = this.ticks();
		if (this.send(now, this.slot) === NO_ROOM) this.send(now, undefined);
	}

	/** Publishes `value` unless the interval forbids it; what cannot be published stays pending. */
	private publish(now: number): number {
		if (this.resting && ((now - this.publishedAt) | 0) < this.interval) return HELD;
		return this.send(now, this.slot);
	}

	private send(now: number, slot: PacketSlot | undefined): number {
		const client = this.client;
		// Somebody is writing into a packet buffer: the reading waits for its turn.
		if (slot === undefined && client.lent !== undefined) return NO_ROOM;
		const at = client.begin(this.topic, this.qos, this.retain, slot);
		if (at < 0) return at;
		const value = this.value;
		const bytes = client.lent!;
		let end: number;
		if (Math.abs(value) < TOO_LARGE) {
			end = writeDecimal(value, this.decimals, bytes, at);
			this.published = value;
		} else {
			bytes.set(this.invalid!, at);
			end = at + this.invalid!.length;
			this.published = Number.NaN;
		}
		this.publishedAt = now;
		this.resting = true;
		this.pending = false;
		this.first = false;
		return client.end(end);
	}
}
