// Whether this device is there, and how it is, as others can see it: a retained message, a will, a farewell.
// Knows the Client's extension points, no packets.

import { type Client, type Helper, NO_ROOM } from "../client.js";
import { whole } from "../options.js";
import { FREE, type PacketSlot, RELEASING, RESENDING } from "../session/packet-slot.js";
import type { QoS } from "../wire/protocol.js";
import { quote } from "../wire/quote.js";
import { encodeField, Topic } from "../wire/topic.js";
import { Cadence } from "./cadence.js";
import { type Fields, JsonObject } from "./json.js";

export interface StatusOptions {
	topic: string | Topic;
	/** Published, retained, after each connect. Default "online". */
	online?: string;
	/** The will, and published before an orderly close. Default "offline". */
	offline?: string;
	/** Default 1. */
	qos?: QoS;
	/**
	 * Makes each message a JSON object, with `online` or `offline` as "state", and online these behind it: firmware
	 * version, reset reason, signal strength, free heap, whatever the app knows.
	 */
	details?: Fields;
	/** Milliseconds, 250 to 2^30 - 1, after which it is published again while connected. Default 0: at connect only. */
	interval?: number;
}

export class Status implements Helper {
	readonly topic: Topic;

	private readonly client: Client;
	private readonly qos: QoS;
	/** What online is: a text, or an object. */
	private readonly online: Uint8Array | undefined;
	private readonly details: JsonObject | undefined;
	private readonly row: Float64Array | undefined;
	private readonly offline: Uint8Array;
	private readonly cadence: Cadence | undefined;
	// A packet buffer for each, so that a full pool, or one that is still in flight, is in nobody's way.
	private readonly onlineSlot: PacketSlot;
	private readonly offlineSlot: PacketSlot;
	private connected = false;
	/** "online" is to be published as soon as there is room. */
	private pending = false;

	/**
	 * Takes the client's will, which then is nobody else's: throws when there is one. Construct it right after the Client:
	 * what is constructed later holds from the next connect on. Claims two small packet buffers.
	 */
	constructor(client: Client, options: StatusOptions) {
		const { topic, online = "online", offline = "offline", details, interval = 0 } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.qos = whole("qos", options.qos, 1, 0, 2) as QoS;
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
		this.offline = encodeField("offline", farewell).slice(2);
		client.claimWill({ topic: this.topic, payload: this.offline, qos: this.qos, retain: true });
		this.onlineSlot = this.reserve(size);
		this.offlineSlot = this.reserve(this.offline.length);
		client.attach(this);
	}

	/** @internal */
	onConnected(): void {
		this.connected = true;
		this.cadence?.restart(this.client.ticks());
		// The will may have been published since. At QoS 1 what is sent again is published again, behind it; at QoS 2 it is
		// published once, and perhaps before; some brokers know it though they say that they have no session.
		const { state } = this.onlineSlot;
		this.sayOnline(this.qos === 2 && (state === RESENDING || state === RELEASING));
	}

	/** @internal */
	onWritable(): void {
		if (this.pending) this.sayOnline(true);
	}

	/** @internal */
	onTick(now: number): void {
		if (this.connected && this.cadence?.due(now)) this.sayOnline(false);
	}

	/** @internal */
	onDisconnected(): void {
		this.connected = false;
		this.pending = false;
	}

	/** @internal */
	onClosing(): void {
		const at = this.client.begin(this.topic, this.qos, true, this.offlineSlot);
		if (at >= 0) this.end(this.offline, at);
	}

	/**
	 * What has to wait goes as soon as there is room.
	 * @param again the same text too that is on its way already
	 */
	private sayOnline(again: boolean): void {
		const { client, details, online, row, onlineSlot } = this;
		if (online !== undefined && onlineSlot.state !== FREE && !again) return;
		details?.take(row!);
		const at = client.begin(this.topic, this.qos, true, onlineSlot);
		this.pending = at === NO_ROOM;
		if (at < 0) return;
		if (online !== undefined) this.end(online, at);
		else client.end(details!.write(row!, 0, client.lent!, at));
	}

	private end(text: Uint8Array, at: number): void {
		this.client.lent!.set(text, at);
		this.client.end(at + text.length);
	}

	private reserve(payload: number): PacketSlot {
		return this.client.reserve(5 + this.topic.field.length + 2 + payload);
	}
}
