// Tells others whether this device is there: a retained message, the will, and a farewell. Uses the public face of Client
// only.

import { type Client, type Listener, NO_ROOM, type PayloadWriter } from "../client.js";
import { checkWhole } from "../wire/check.js";
import type { QoS } from "../wire/protocol.js";
import { quote } from "../wire/quote.js";
import { encodeField, Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { type Fields, JsonObject } from "./json.js";

/** Options of a Status. */
export interface StatusOptions {
	topic: string | Topic;
	/** Published, retained, after each connect. Default "online". */
	online?: string;
	/** Published by the broker as the will, and by `close`. Default "offline". */
	offline?: string;
	/** Default 1. */
	qos?: QoS;
	/**
	 * Makes each message a JSON object with `online` or `offline` as "state". While online these fields follow: firmware
	 * version, reset reason, signal strength, free heap, whatever the app knows.
	 */
	details?: Fields;
	/** Milliseconds, 1 to 2^30 - 1, after which it is published again while connected. Default 0: only at connect. */
	interval?: number;
}

export class Status implements Listener, PayloadWriter {
	readonly topic: Topic;

	private readonly client: Client;
	private readonly qos: QoS;
	/** What online is: a text, or an object. */
	private readonly online: Uint8Array | undefined;
	private readonly details: JsonObject | undefined;
	private readonly row: Float64Array | undefined;
	private readonly offline: Uint8Array;
	private readonly cadence: Cadence | undefined;
	// Room is reserved for each, so that a full store cannot keep it out.
	private readonly onlineOwner: number;
	private readonly offlineOwner: number;
	private connected = false;
	/** The farewell is being written, not "online". */
	private parting = false;
	/** "online" is to be published as soon as there is room, or the one before is finished. */
	private pending = false;

	/**
	 * Takes the client's will; throws if there is one already. Construct it right after the Client, because the will takes
	 * effect with the next CONNECT. Reserves room for two messages in the client's store.
	 */
	constructor(client: Client, options: StatusOptions) {
		const { topic, online = "online", offline = "offline", details, interval = 0 } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.qos = checkWhole("qos", options.qos, 1, 0, 2) as QoS;
		if (interval !== 0) this.cadence = new Cadence("interval", interval, client.ticks());
		let size: number;
		let farewell = offline;
		if (details === undefined) {
			this.online = encodeField("online", online).slice(2);
			size = this.online.length;
		} else {
			this.details = new JsonObject({ state: online }, details);
			this.row = new Float64Array(this.details.width);
			size = this.details.size;
			farewell = `{"state":${quote(offline)}}`;
		}
		const farewellSize = encodeField("offline", farewell).length - 2;
		client.checkSize("a Status's message", this.topic, this.qos, Math.max(size, farewellSize));
		this.offline = client.claimWill({ topic: this.topic, payload: farewell, qos: this.qos, retain: true });
		const beside = this.topic.field.length - 2;
		this.onlineOwner = client.owner(beside + size);
		this.offlineOwner = client.owner(beside + farewellSize);
		client.attach(this);
	}

	/** @internal */
	onConnected(): void {
		this.connected = true;
		const { cadence, client } = this;
		if (cadence !== undefined) {
			const now = client.ticks();
			cadence.restart(now);
			client.wakeWithin(cadence.delay(now));
		}
		// The will may have been published since. At QoS 1 what is sent again is published again, behind it; at QoS 2 it is
		// published once, and perhaps before; some brokers know it though they say that they have no session.
		this.sayOnline(this.qos === 2);
	}

	/** @internal */
	onWritable(): void {
		if (this.pending) this.sayOnline(true);
	}

	/** @internal */
	onDeadline(now: number): number {
		const { cadence } = this;
		if (!this.connected || cadence === undefined) return Number.POSITIVE_INFINITY;
		if (cadence.isDue(now)) this.sayOnline(false);
		return cadence.delay(now);
	}

	/** @internal */
	onDisconnected(): void {
		this.connected = false;
		this.pending = false;
	}

	/** @internal */
	onClosing(): void {
		this.parting = true;
		this.pending = false;
		this.publish(this.offlineOwner);
	}

	/**
	 * One that is still held is followed by another one as soon as it is finished: however often the connection breaks,
	 * they do not add up.
	 * @param again also by the same text
	 */
	private sayOnline(again: boolean): void {
		const { client, details } = this;
		if (client.isHeld(this.onlineOwner)) {
			this.pending = again || details !== undefined;
			if (this.pending) client.awaitRoom();
			return;
		}
		details?.take(this.row!, 0);
		this.pending = this.publish(this.onlineOwner) === NO_ROOM;
	}

	private publish(owner: number): number {
		return this.client.publishWith(this.topic, this.qos, true, this, owner);
	}

	/** @internal */
	write(bytes: Uint8Array, at: number): number {
		if (this.details !== undefined && !this.parting) return this.details.write(this.row!, 0, bytes, at);
		const text = this.parting ? this.offline : this.online!;
		bytes.set(text, at);
		return at + text.length;
	}
}
