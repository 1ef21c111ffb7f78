// Mutated packets, one after the other, against one client that lives through all of them; between them what apps and
// honest brokers do. Says what it saw; throws when the client breaks a promise. Runs in any engine.

import { type Client, State, Topic } from "../../../src/index.js";
import * as reasons from "../../../src/reasons.js";
import type { Message } from "../../../src/session/message.js";
import { Sensor } from "../../../src/telemetry/index.js";
import * as wire from "../../../src/wire/reason.js";
import { CONNACK, PINGRESP, PUBLISH } from "../../support/packets.js";
import { Line, type PipeClass } from "../firmware/line.js";
import { Mutator } from "./mutator.js";
import { Random } from "./random.js";

export interface Fuzzed {
	packets: number;
	/** Packets after which the connection was still there. */
	accepted: number;
	/** Packets that the client answered by closing, by reason. */
	rejected: Record<string, number>;
	/** Messages, and parts of them, that reached a handler. */
	messages: number;
	delivered: number;
	connects: number;
	/** The most work that was done on a piece of a packet. */
	work: number;
}

export interface FuzzHooks {
	/** Work done since the last call. */
	work?(): number;
	/** A share of the packets is done, and the client is at rest. */
	onRest?(packets: number): void;
}

const known: [string, wire.Reason][] = [...Object.entries(wire), ...Object.entries(reasons)].filter(
	(entry): entry is [string, wire.Reason] => entry[1] instanceof wire.Reason,
);

/** Bytes of room in the socket; nothing that the client writes between two looks is more. */
const ROOM = 1536;
/** Bytes that can wait in the socket to be read. */
const CAPACITY = 4096;
/** Times that it rests. */
export const RESTS = 10;

export class Fuzz {
	readonly #random: Random;
	readonly #mutator: Mutator;
	readonly #line: Line;
	readonly #client: Client;
	readonly #hooks: FuzzHooks;
	readonly #sensor: Sensor;
	readonly #topic = new Topic("out");
	readonly #payload = new Uint8Array(60);
	readonly #probe = PUBLISH("probe", "?");
	readonly #connack = CONNACK();
	readonly #present = CONNACK(true);
	readonly #output = new Uint8Array(8192);
	readonly #ack = new Uint8Array(5);
	readonly #rejected = new Int32Array(known.length);
	#accepted = 0;
	#messages = 0;
	#probes = 0;
	#delivered = 0;
	#work = 0;
	/** Where the part of a message that comes next must begin, or 0. */
	#next = 0;
	#total = 0;
	#reason: wire.Reason | undefined;
	#paused = false;

	constructor(Pipe: PipeClass, seed: number, hooks: FuzzHooks = {}) {
		this.#random = new Random(seed);
		this.#mutator = new Mutator(this.#random);
		this.#hooks = hooks;
		const hear = (message: Message) => this.#hear(message);
		this.#line = new Line(
			Pipe,
			{
				receiveSize: 128,
				topicSize: 64,
				packetSize: 96,
				storeSize: 64,
				window: 3,
				acknowledgements: 4,
				reconnectMinimum: 0,
				reconnectMaximum: 0,
				whenFull: "dropOldest",
				onMessage: hear,
				onDelivered: () => this.#delivered++,
				onDisconnected: (reason) => {
					this.#reason = reason;
				},
			},
			{ room: ROOM },
		);
		this.#client = this.#line.client;
		this.#sensor = new Sensor(this.#client, { topic: "sensor", decimals: 2, qos: 1 });
		this.#client.subscribe("exact/topic", 1, hear);
		this.#client.subscribe("wild/+/x", 1, hear);
		this.#client.subscribe("probe", 0, () => this.#probes++);
	}

	run(packets: number): Fuzzed {
		const share = packets / RESTS;
		this.#connect();
		for (let i = 1; i <= packets; i++) {
			this.#packet();
			if (i % share !== 0) continue;
			this.#rest();
			this.#hooks.onRest?.(i);
		}
		const rejected: Record<string, number> = {};
		for (let i = 0; i < known.length; i++)
			if (this.#rejected[i] > 0) rejected[known[i][0]] = this.#rejected[i];
		return {
			packets,
			accepted: this.#accepted,
			rejected,
			messages: this.#messages,
			delivered: this.#delivered,
			connects: this.#client.statistics.connects,
			work: this.#work,
		};
	}

	/** The packet at hand, in hex, for whoever has to find out. */
	get last(): string {
		const { bytes, length } = this.#mutator;
		return Array.from(bytes.slice(0, length), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
	}

	#packet(): void {
		const random = this.#random;
		if (random.once(4)) this.#act();
		if (random.once(3)) this.#mutator.valid();
		else this.#mutator.mutate();
		this.#feed();
		if (this.#client.state === State.CONNECTED) {
			this.#accepted++;
			// Half a packet would swallow the next ones.
			if (random.once(12)) this.#line.pipe.fail();
		} else this.#count();
		if (this.#client.state === State.CONNECTED) this.#answer(random.below(4) > 0);
		// An honest answer behind half a packet breaks a rule, too.
		if (this.#client.state !== State.CONNECTED) this.#connect();
	}

	/** Hands the packet over, in one piece or in several. */
	#feed(): void {
		const random = this.#random;
		const { bytes, length } = this.#mutator;
		const { pipe } = this.#line;
		if (pipe.available + length > CAPACITY) this.#readOn();
		if (pipe.closed) return;
		const most = random.once(2) ? length : random.once(4) ? 1 : 1 + random.below(40);
		for (let at = 0; at < length && !pipe.closed; ) {
			const count = most === length ? length : Math.min(1 + random.below(most), length - at);
			this.#hooks.work?.();
			pipe.feed(count === length ? bytes : bytes.subarray(at, at + count), count);
			const work = this.#hooks.work?.() ?? 0;
			if (work > this.#work) this.#work = work;
			at += count;
		}
	}

	/** What is unread must be read when the app does not pause and there is room to acknowledge. */
	#readOn(): void {
		const { pipe } = this.#line;
		if (this.#paused) this.#client.resume();
		this.#paused = false;
		for (let i = 0; i < 200 && !pipe.closed && pipe.available > 0; i++) pipe.drain(ROOM);
		if (!pipe.closed && pipe.available > 0) throw new Error("the client has stopped reading");
	}

	/** What an app and time do meanwhile. */
	#act(): void {
		const random = this.#random;
		const client = this.#client;
		const line = this.#line;
		switch (random.below(9)) {
			case 0:
				client.publish(this.#topic, this.#payload);
				break;
			case 1:
				client.publish(this.#topic, this.#payload, 1);
				break;
			case 2:
				client.publish(this.#topic, this.#payload, 2);
				break;
			case 3:
				this.#sensor.update(random.below(100_000) / 100);
				break;
			case 4:
				client.subscribe("wild/+/x", 1, (message) => this.#hear(message));
				break;
			case 5:
				client.unsubscribe("wild/+/x");
				break;
			case 6:
				line.pipe.drain(random.below(64));
				break;
			case 7:
				if (this.#paused) client.resume();
				else client.pause();
				this.#paused = !this.#paused;
				break;
			default:
				if (random.once(4)) line.now = (line.now + 30_000) | 0;
				line.pass();
		}
		if (client.state !== State.CONNECTED) this.#connect();
	}

	#hear(message: Message): void {
		const { length, offset, total, bytes } = message;
		if (offset !== 0 && (offset !== this.#next || total !== this.#total))
			throw new Error(`a part at ${offset} of ${total}, after one up to ${this.#next} of ${this.#total}`);
		if (offset + length > total || length > bytes.length || (length === 0 && total > 0))
			throw new Error(`a part of ${length} at ${offset} of ${total}`);
		if (bytes.length !== 128) throw new Error("the receive buffer is short");
		this.#next = offset + length;
		this.#total = total;
		this.#messages++;
		if (this.#random.once(64) && message.topic === "") throw new Error("a message without topic");
	}

	/** Why the connection ended. */
	#count(): void {
		for (let i = 0; i < known.length; i++)
			if (known[i][1] === this.#reason) {
				this.#rejected[i]++;
				return;
			}
		throw new Error(`ended for no known reason: ${this.#reason}`);
	}

	/** A new connection, on which the client proves that it is well. */
	#connect(): void {
		const client = this.#client;
		const line = this.#line;
		if (this.#paused) client.resume();
		this.#paused = false;
		for (let i = 0; line.pipe.closed; i++) {
			if (i === 4) throw new Error(`no new socket in state ${client.state}`);
			line.pass();
		}
		line.pipe.open();
		if (this.#take() === 0 || this.#output[0] !== 0x10) throw new Error("no CONNECT");
		line.feed(this.#random.once(2) ? this.#present : this.#connack);
		if (client.state !== State.CONNECTED)
			throw new Error(`not connected but ${client.state}: ${this.#reason}`);
		this.#answer(true);
		const probes = this.#probes;
		const connack = client.statistics.connects;
		line.feed(this.#probe);
		if (this.#probes !== probes + 1 || client.statistics.connects !== connack)
			throw new Error("an honest message did not arrive");
	}

	/** Nothing is left to be acknowledged, and the subscriptions are those of the beginning. */
	#rest(): void {
		const client = this.#client;
		this.#line.pipe.fail();
		this.#connect();
		client.subscribe("wild/+/x", 1, () => this.#messages++);
		for (let i = 0; i < 8; i++) {
			this.#line.pipe.drain(ROOM);
			this.#line.pass();
			this.#answer(true);
		}
		if (client.state !== State.CONNECTED) throw new Error(`at rest, and not connected: ${this.#reason}`);
		if (client.publish(this.#topic, this.#payload, 1) <= 0)
			throw new Error("at rest, and no room to publish");
		this.#answer(true);
	}

	#take(): number {
		const count = this.#line.pipe.take(this.#output);
		if (count === this.#output.length) throw new Error("the client wrote more than there is room for");
		return count;
	}

	/** What an honest broker answers. Checks on the way that the client sends whole packets that a client may send. */
	#answer(all: boolean): void {
		const output = this.#output;
		for (let turn = 0; ; turn++) {
			if (turn === 32) throw new Error("the client never stops sending");
			const length = this.#take();
			if (length === 0 || this.#client.state !== State.CONNECTED) return;
			this.#line.pipe.drain(ROOM);
			for (let at = 0; at < length; ) {
				const first = output[at];
				const size = output[at + 1];
				if (size > 127 || at + 2 + size > length) throw new Error(`half a packet was sent: ${first} ${size}`);
				if (all || this.#random.once(2)) this.#reply(first, at + 2);
				at += 2 + size;
			}
		}
	}

	#reply(first: number, at: number): void {
		const output = this.#output;
		switch (first >> 4) {
			case 3:
				if (first & 6) {
					const id = at + 2 + ((output[at] << 8) | output[at + 1]);
					this.#acknowledge(first & 4 ? 0x50 : 0x40, 2, id);
				}
				break;
			case 4: // PUBACK
			case 7: // PUBCOMP
				break;
			case 5:
				this.#acknowledge(0x62, 2, at);
				break;
			case 6:
				this.#acknowledge(0x70, 2, at);
				break;
			case 8:
				this.#acknowledge(0x90, 3, at);
				break;
			case 10:
				this.#acknowledge(0xb0, 2, at);
				break;
			case 12:
				if (!this.#line.pipe.closed) this.#line.feed(PINGRESP);
				break;
			default:
				throw new Error(`a packet that begins with ${first} was sent`);
		}
	}

	#acknowledge(first: number, size: number, at: number): void {
		const ack = this.#ack;
		ack[0] = first;
		ack[1] = size;
		ack[2] = this.#output[at];
		ack[3] = this.#output[at + 1];
		ack[4] = 1;
		if (!this.#line.pipe.closed) this.#line.pipe.feed(ack, 2 + size);
	}
}
