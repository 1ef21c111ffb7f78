// What comes in, in MQTT 5.0: reason codes, properties, aliases, DISCONNECT and AUTH.

import { InboundAliases } from "../../session/v5/inbound-aliases.js";
import { Message5 } from "../../session/v5/message.js";
import type { Outbox5 } from "../../session/v5/outbox.js";
import { Router5 } from "../../session/v5/router.js";
import type { Subscriptions5 } from "../../session/v5/subscriptions.js";
import { PacketType } from "../../wire/protocol.js";
import { Decoder5, type PacketSink5 } from "../../wire/v5/decoder.js";
import { ALIAS_INVALID, ReasonCode, reasonOf, UNSUBACK_CODES } from "../../wire/v5/reason-codes.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";
import type { Settings } from "../options.js";
import { Handling, Reader, type ReaderEvents } from "../reader.js";
import type { Settings5 } from "./options.js";
import type { Writer5 } from "./writer.js";

const enum Bits {
	/** Reason code "packet identifier not found", as `writer.acknowledge` takes it. */
	NOT_FOUND = 0x92 << 8,
}

/** The connection, as the reader sees it. */
export interface ReaderEvents5 extends ReaderEvents {
	/** DISCONNECT has come: the connection is over. */
	onServerDisconnect(code: number): void;
	/** AUTH has come. */
	onAuth(code: number): void;
}

export class Reader5 extends Reader implements PacketSink5 {
	declare protected readonly events: ReaderEvents5;
	declare readonly decoder: Decoder5;
	declare protected readonly writer: Writer5;
	/** Aliases that the broker may use, if any, and the current topic name, eight bytes at a time. */
	private aliases: InboundAliases | undefined;
	private topicWords: Float64Array | undefined;

	/** The current connection uses 5.0. */
	private get five(): boolean {
		return this.decoder.five;
	}

	protected override get subscriptions(): Subscriptions5 {
		return super.subscriptions as Subscriptions5;
	}

	protected override get outbox(): Outbox5 {
		return super.outbox as Outbox5;
	}

	/** For the constructor. */
	protected override newDecoder(settings: Settings): Decoder5 {
		const { receiveSize, topicSize, propertySize, connackReserve, aliases } = settings as Settings5;
		const size = (topicSize + 7) & ~7;
		const decoder = new Decoder5(this, receiveSize, size, propertySize, connackReserve);
		if (aliases > 0) {
			this.aliases = new InboundAliases(aliases, size);
			this.topicWords = decoder.topicWords();
		}
		return decoder;
	}

	/** For the constructor. */
	protected override newRouter(decoder: Decoder5, subscriptions: Subscriptions5): Router5 {
		return new Router5(decoder, subscriptions);
	}

	/** For the constructor. */
	protected override newMessage(decoder: Decoder5): Message5 {
		return new Message5(decoder);
	}

	override reroute(ended: readonly string[]): void {
		this.decoder.claim();
		super.reroute(ended);
	}

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.decoder.speak(five, this.options.problemInformation ?? false);
	}

	/** Properties of the current packet. */
	get received(): ReceivedProperties {
		return this.decoder.received;
	}

	/** There is no current packet. */
	forgetProperties(): void {
		const { received } = this.decoder;
		received.begin(received.buffer);
	}

	override stop(): void {
		super.stop();
		this.aliases?.clear();
	}

	protected override get notFound(): number {
		return this.five ? Bits.NOT_FOUND : 0;
	}

	// ---- messages

	/** The current message sets its alias, or gets the topic name that is set. False: it must not have it. */
	onAlias(): boolean {
		const { decoder, aliases } = this;
		const { alias, topicLength } = decoder;
		if (aliases?.allows(alias)) {
			if (topicLength > 0 || decoder.topicSkipped) {
				aliases.set(alias, this.topicWords!, topicLength);
				return true;
			}
			const length = aliases.lengthOf(alias);
			if (length >= 0) {
				aliases.get(alias, this.topicWords!);
				decoder.nameTopic(length);
				return true;
			}
		}
		this.onMalformed(ALIAS_INVALID);
		return false;
	}

	// ---- answers

	onReasonCode(type: number, id: number, code: number): boolean {
		const { outbox, statistics } = this;
		if (type === PacketType.PUBREL || type === PacketType.PUBCOMP)
			return this.onAcknowledgement(type, id, code);
		if (code >= ReasonCode.UNSPECIFIED_ERROR)
			return this.onRefused(type === PacketType.PUBACK ? 1 : 2, id, code);
		if (type === PacketType.PUBREC) return this.onAcknowledgement(type, id);
		if (!outbox.acknowledge(id)) {
			statistics.strayAcknowledgements++;
			return this.mayDecode();
		}
		statistics.delivered++;
		return this.tellDelivered(id, code);
	}

	/** PUBACK or PUBREC with a failure: the message is finished (section 4.4), or goes again under another identifier. */
	private onRefused(qos: number, id: number, code: number): boolean {
		const { stream, outbox, writer, statistics } = this;
		this.liveness.answer();
		const again = code === ReasonCode.PACKET_IDENTIFIER_IN_USE && writer.sendAgain(id, qos);
		const name = again ? -1 : outbox.refuse(id, qos);
		if (!again && name < 0) {
			statistics.strayAcknowledgements++;
			return this.mayDecode();
		}
		this.handling = Handling.CALLBACK;
		if (!again) this.events.reportDropped(name, reasonOf(code));
		if (stream === this.stream) this.events.flush();
		return this.mayContinue(stream);
	}

	override onSuback(id: number, code: number, index: number, count: number): boolean {
		const { stream } = this;
		// The subscriptions that identifiers stand for may change with the answer.
		this.router.forget();
		const more = super.onSuback(id, code, index, count);
		if (!this.subscriptions.pending || stream !== this.stream || index < count - 1) return more;
		this.handling = Handling.CALLBACK;
		this.events.flush();
		return this.mayContinue(stream);
	}

	onUnsuback(id: number, code: number, index: number, count: number): boolean {
		const { stream, subscriptions } = this;
		this.liveness.answer();
		this.handling = Handling.CALLBACK;
		if (index === 0 && subscriptions.mismatchesEnds(id, count)) {
			this.onMalformed(UNSUBACK_CODES);
			return false;
		}
		this.clearRoute();
		const filter = subscriptions.takeEnd(id, index);
		if (filter === undefined) this.statistics.strayAcknowledgements++;
		else this.options.onUnsubscribed?.(filter, code);
		return this.mayContinue(stream);
	}

	onDisconnect(code: number): boolean {
		this.handling = Handling.CALLBACK;
		this.events.onServerDisconnect(code);
		this.handling = Handling.NOTHING;
		return false;
	}

	onAuth(code: number): boolean {
		const { stream } = this;
		this.liveness.answer();
		this.handling = Handling.CALLBACK;
		this.events.onAuth(code);
		return this.mayContinue(stream);
	}
}
