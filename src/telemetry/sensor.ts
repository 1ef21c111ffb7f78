// A reading that is published when it is worth a message. Uses the public face of Client only.

import type { Client, Listener, PayloadWriter } from "../client.js";
import { checkBoolean, checkWhole } from "../wire/check.js";
import type { QoS } from "../wire/protocol.js";
import { show } from "../wire/quote.js";
import { encodeField, Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { NUMBER, TOO_LARGE, writeDecimal } from "./decimal.js";
import { type Quantity, type Source, type SourceLike, sourceOf } from "./source.js";

/** Options of a Sensor. */
export interface SensorOptions extends Quantity {
	topic: string | Topic;
	/**
	 * Where readings come from: a function or a source such as Mean. One reading is taken at each `interval`, which must then
	 * be at least 1, and treated as by `update`. Default: readings come by `update` only.
	 */
	source?: SourceLike;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
	/**
	 * The shortest time between two messages in milliseconds, 0 to 2^30 - 1. The last reading in between is sent at its end,
	 * or at close. Default 0.
	 */
	interval?: number;
	/** A reading is published if it differs from the last published one by at least this much. Default 0: always. */
	deadband?: number;
	/** The longest time between two messages in milliseconds, even without a new reading. Default 0: off. */
	heartbeat?: number;
	/**
	 * What is held while it cannot be sent: only the newest reading, which replaces the one before (`onDropped` gets REPLACED),
	 * or all. Default "newest".
	 */
	keep?: "newest" | "all";
	/**
	 * Text that is published for NaN, infinities, magnitudes from 1e21 on, and values that are not numbers. Default: such
	 * readings are refused.
	 */
	invalid?: string;
}

/** `update`: the reading was taken, but is not worth a message now. */
export const HELD = -3;
/** `update`: the reading is not a finite number below 1e21, and the option `invalid` is not set. */
export const INVALID = -4;

export class Sensor implements Listener, PayloadWriter {
	/** How many readings were refused because they were not finite numbers below 1e21. */
	invalidReadings = 0;
	/** The last reading given to `update`, NaN at first. */
	value = Number.NaN;

	readonly topic: Topic;
	// For those who describe this device to others.
	readonly name: string | undefined;
	readonly unit: string | undefined;
	readonly decimals: number;

	private readonly client: Client;
	private readonly source: Source | undefined;
	private readonly cadence: Cadence | undefined;
	private readonly owner: number;
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

	/** Throws if an option is invalid. */
	constructor(client: Client, options: SensorOptions) {
		const { topic, invalid, deadband = 0, keep = "newest" } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.name = options.name;
		this.unit = options.unit;
		this.decimals = checkWhole("decimals", options.decimals, 0, 0, 15);
		this.qos = checkWhole("qos", options.qos, 0, 0, 2) as QoS;
		this.retain = checkBoolean("retain", options.retain);
		this.interval = checkWhole("interval", options.interval, 0, 0, 0x3fffffff);
		this.heartbeat = checkWhole("heartbeat", options.heartbeat, 0, 0, 0x3fffffff);
		if (typeof deadband !== "number" || !(deadband >= 0))
			throw new RangeError(`deadband is ${deadband}: it must be a number from 0`);
		// 21.4 - 21.3 is a little less than 0.1.
		this.deadband = deadband * (1 - 1e-6);
		if (invalid !== undefined) this.invalid = encodeField("invalid", invalid).slice(2);
		if (keep !== "newest" && keep !== "all")
			throw new RangeError(`keep is ${show(keep)}: it must be "newest" or "all"`);
		this.owner = keep === "newest" ? client.owner() : 0;
		this.ticks = client.ticks;
		if (options.source !== undefined) {
			this.source = sourceOf("a Sensor", options.source);
			// The cadence is the interval: there is no other rest.
			this.cadence = new Cadence("interval", this.interval, client.ticks());
			this.interval = 0;
		}
		client.attach(this);
	}

	/**
	 * Takes a reading, and publishes it if it is worth a message now. Allocates nothing.
	 * @returns the packet identifier, or 0 at QoS 0; HELD, INVALID, NO_ROOM or NOT_OPEN. After NO_ROOM the newest reading is
	 * sent by itself as soon as there is room.
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
		if (!this.resting) return this.send(this.ticks());
		const now = this.ticks();
		const rest = this.interval - ((now - this.publishedAt) | 0);
		if (rest <= 0) return this.send(now);
		this.client.wakeWithin(rest);
		return HELD;
	}

	/** @internal */
	onWritable(): void {
		if (this.pending && !this.resting) this.send(this.ticks());
	}

	/** @internal */
	onDeadline(now: number): number {
		const { cadence, heartbeat, interval } = this;
		let elapsed = (now - this.publishedAt) | 0;
		if (elapsed >= interval) this.resting = false;
		if (cadence?.isDue(now)) this.update(this.source!.take());
		else if ((this.pending && !this.resting) || (heartbeat > 0 && !this.first && elapsed >= heartbeat))
			this.send(now);
		elapsed = (now - this.publishedAt) | 0;
		let delay = cadence?.delay(now) ?? Number.POSITIVE_INFINITY;
		if (this.resting) delay = Math.min(delay, interval - elapsed);
		// A reading without room is sent by onWritable, whenever that is.
		if (heartbeat > 0 && !this.first) delay = Math.min(delay, this.pending ? heartbeat : heartbeat - elapsed);
		return delay;
	}

	/** @internal What waits goes now. */
	onClosing(): void {
		if (this.pending) this.send(this.ticks());
	}

	/** Publishes `value`; what finds no room stays pending. */
	private send(now: number): number {
		this.pending = true;
		const result = this.client.publishWith(this.topic, this.qos, this.retain, this, this.owner);
		if (result < 0) return result;
		const { value } = this;
		this.published = Math.abs(value) < TOO_LARGE ? value : Number.NaN;
		this.publishedAt = now;
		this.resting = this.interval > 0;
		this.pending = false;
		if (this.first) {
			this.first = false;
			if (this.heartbeat > 0) this.client.wakeWithin(this.heartbeat);
		}
		return result;
	}

	/** @internal */
	write(bytes: Uint8Array, at: number): number {
		const { value } = this;
		if (Math.abs(value) < TOO_LARGE) return writeDecimal(value, this.decimals, bytes, at);
		const invalid = this.invalid!;
		bytes.set(invalid, at);
		return at + invalid.length;
	}
}
