// What a Decoder5 tells, written down. No Node here: XS runs it too.

import type { Source } from "../../src/wire/decoder.js";
import type { Reason } from "../../src/wire/reason.js";
import { Decoder5, type PacketSink5 } from "../../src/wire/v5/decoder.js";
import type { ReceivedProperties } from "../../src/wire/v5/received.js";
import { CONNACK, hex } from "./packets.js";
import { CONNACK5 } from "./packets5.js";

/** A socket's reading end; `most` bytes a read, as the SDK's TLS socket has it. */
class Bytes implements Source {
	waiting = new Uint8Array(0);
	private readonly most: number;
	constructor(most: number) {
		this.most = most;
	}
	read(view: Uint8Array): number | undefined {
		if (this.waiting.length === 0) return undefined;
		const most = Math.min(this.most, this.waiting.length);
		if (view.length === 0 || (view.length > most && this.most === Number.POSITIVE_INFINITY))
			throw new Error("bad read");
		const count = Math.min(view.length, most);
		view.set(this.waiting.subarray(0, count));
		this.waiting = this.waiting.slice(count);
		return count;
	}
	arrive(bytes: Uint8Array): void {
		const all = new Uint8Array(this.waiting.length + bytes.length);
		all.set(this.waiting);
		all.set(bytes, this.waiting.length);
		this.waiting = all;
	}
}

export interface Way {
	payloadSize?: number;
	topicSize?: number;
	propertySize?: number;
	/** Bytes that a read gives at most. */
	most?: number;
	/** Stops after each packet. */
	stops?: boolean;
	keepsProblemInformation?: boolean;
	/** CONNACK has come already. */
	connected?: boolean;
	five?: boolean;
}

const propertiesOf = ({ buffer, length, truncated }: ReceivedProperties): string =>
	length === 0 && !truncated ? "" : ` {${hex(buffer.slice(0, length))}${truncated ? "…" : ""}}`;

export class Diary5 implements PacketSink5 {
	readonly lines: string[] = [];
	readonly decoder: Decoder5;
	readonly reasons: Reason[] = [];
	/** What a sink does with the properties of each packet. */
	look: (received: ReceivedProperties) => void = () => {};
	readonly #source: Bytes;
	readonly #goOn: boolean;
	readonly #keepsProblemInformation: boolean;
	#payload = "";

	constructor(way: Way = {}) {
		const { payloadSize = 512, topicSize = 64, propertySize = 128, stops = false } = way;
		this.#goOn = !stops;
		this.decoder = new Decoder5(this, payloadSize, topicSize, propertySize, 29);
		this.decoder.claim();
		this.#keepsProblemInformation = way.keepsProblemInformation ?? true;
		this.#source = new Bytes(way.most ?? Number.POSITIVE_INFINITY);
		this.begin(way.five ?? true, way.connected);
	}

	/** A new stream, on which CONNACK has come if `connected`. */
	begin(five: boolean, connected = true): void {
		const { decoder } = this;
		decoder.speak(five, this.#keepsProblemInformation);
		decoder.start(this.#source);
		if (!connected) return;
		const { length } = this.lines;
		this.arrive(five ? CONNACK5() : CONNACK());
		this.lines.length = length;
	}

	/** Bytes arrive, and all that may be decoded is. */
	arrive(bytes: Uint8Array): void {
		const { decoder } = this;
		this.#source.arrive(bytes);
		decoder.onReadable(this.#source.waiting.length);
		for (let turn = 0; turn < 1000; turn++) {
			if (decoder.connacked) {
				this.#note(`connack ${decoder.sessionPresent} ${decoder.connackCode}${decoder.bare ? " bare" : ""}`);
				decoder.endConnack();
			} else if (decoder.available === 0) break;
			decoder.resume();
		}
	}

	/** What it makes of an alias. */
	resolve: () => boolean = () => true;

	onAlias(): boolean {
		return this.resolve();
	}
	onMessage(): boolean {
		if (this.decoder.id !== 0 || this.decoder.partLength !== this.decoder.total) throw new Error("not whole");
		return this.onPublish();
	}
	onPublish(): boolean {
		const {
			payload,
			topic,
			topicSize,
			topicLength,
			flags,
			id,
			offset,
			partLength,
			total,
			alias,
			topicSkipped,
		} = this.decoder;
		if (offset === 0) this.#payload = "";
		this.#payload += hex(payload.slice(0, partLength));
		if (partLength > this.decoder.payloadSize) throw new Error("more than the buffer holds");
		if (offset + partLength !== this.#payload.length / 2) throw new Error(`a part at ${offset}`);
		// Zero behind the topic's end is what makes comparing words possible.
		if (topic.slice(topicLength, topicSize).some((byte) => byte !== 0)) throw new Error("no zero tail");
		if (this.#payload.length / 2 < total) return this.#goOn;
		const name = topicSkipped ? "skipped" : hex(topic.slice(0, topicLength));
		return this.#note(
			`publish ${flags} ${id} ${name}${alias > 0 ? ` alias ${alias}` : ""} "${this.#payload}"`,
		);
	}
	onPublishQos2(): boolean {
		return this.onPublish();
	}
	onPuback(id: number): boolean {
		return this.onAcknowledgement(4, id);
	}
	onAcknowledgement(type: number, id: number): boolean {
		this.lines.push(`ack ${type} ${id}`);
		return this.#goOn;
	}
	onReasonCode(type: number, id: number, code: number): boolean {
		return this.#note(`ack ${type} ${id} code ${code}`);
	}
	onSuback(id: number, code: number, index: number, count: number): boolean {
		return this.#note(`suback ${id} ${code} ${index}/${count}`);
	}
	onUnsuback(id: number, code: number, index: number, count: number): boolean {
		return this.#note(`unsuback ${id} ${code} ${index}/${count}`);
	}
	onPingresp(): boolean {
		this.lines.push("pingresp");
		return this.#goOn;
	}
	onDisconnect(code: number): boolean {
		return this.#note(`disconnect ${code}`);
	}
	onAuth(code: number): boolean {
		return this.#note(`auth ${code}`);
	}
	onThrown(error: unknown): void {
		throw error;
	}
	onMalformed(reason: Reason): void {
		this.reasons.push(reason);
		this.lines.push(reason.message);
	}
	#note(line: string): boolean {
		const { received } = this.decoder;
		this.look(received);
		this.lines.push(line + propertiesOf(received));
		return this.#goOn;
	}
}

/** What is decoded of chunks that arrive one after the other. */
export function decode(chunks: readonly Uint8Array[], way: Way = {}): string[] {
	const diary = new Diary5(way);
	for (const chunk of chunks) diary.arrive(chunk);
	return diary.lines;
}
