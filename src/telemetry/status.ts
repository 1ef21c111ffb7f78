// Whether this device is there, as others can see it: a retained message, a will, a farewell.
// Knows the Client's extension points, no packets.

import type { Client, Helper } from "../client.js";
import { whole } from "../options.js";
import { FREE, type PacketSlot } from "../session/packet-slot.js";
import type { QoS } from "../wire/protocol.js";
import { encodeField, Topic } from "../wire/topic.js";

export interface StatusOptions {
	topic: string | Topic;
	/** Published, retained, after each connect. Default "online". */
	online?: string;
	/** The will, and published before an orderly close. Default "offline". */
	offline?: string;
	/** Default 1. */
	qos?: QoS;
}

export class Status implements Helper {
	private readonly client: Client;
	private readonly topic: Topic;
	private readonly qos: QoS;
	private readonly online: Uint8Array;
	private readonly offline: Uint8Array;
	// A packet buffer for each, so that a full pool, or one that is still in flight, is in nobody's way.
	private readonly onlineSlot: PacketSlot;
	private readonly offlineSlot: PacketSlot;
	/** "online" is to be published as soon as there is room. */
	private pending = false;

	/** Sets the client's will: construct it right after the Client. Claims two small packet buffers. */
	constructor(client: Client, options: StatusOptions) {
		const { topic, online = "online", offline = "offline" } = options;
		this.client = client;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.qos = whole("qos", options.qos, 1, 0, 2) as QoS;
		this.online = encodeField("online", online).slice(2);
		this.offline = encodeField("offline", offline).slice(2);
		client.will = { topic: this.topic, payload: this.offline, qos: this.qos, retain: true };
		this.onlineSlot = this.reserve(this.online);
		this.offlineSlot = this.reserve(this.offline);
		client.attach(this);
	}

	/** @internal */
	onConnected(): void {
		this.pending = !this.publish(this.online, this.onlineSlot);
	}

	/** @internal */
	onWritable(): void {
		if (this.pending) this.onConnected();
	}

	/** @internal */
	onDisconnected(): void {
		this.pending = false;
	}

	/** @internal */
	onClosing(): void {
		this.publish(this.offline, this.offlineSlot);
	}

	private reserve(payload: Uint8Array): PacketSlot {
		return this.client.reserve(5 + this.topic.field.length + 2 + payload.length);
	}

	/** False when it has to wait, until what is lent is given back. */
	private publish(payload: Uint8Array, slot: PacketSlot): boolean {
		if (slot.state !== FREE) return true; // the same message is on its way already
		const client = this.client;
		const at = client.begin(this.topic, this.qos, true, slot);
		if (at < 0) return false;
		client.lent!.set(payload, at);
		client.end(at + payload.length);
		return true;
	}
}
