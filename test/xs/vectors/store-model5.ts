// The same with what MQTT 5.0 adds: properties, expiry, refusals, what the broker grants. In Node and in XS.

import type { Identifiers, Sizes } from "../../../src/session/outbox.js";
import { Mark } from "../../../src/session/store.js";
import { Outbox5, plainName, type Sizes5, whyOf } from "../../../src/session/v5/outbox.js";
import {
	MESSAGE_TOO_LARGE,
	QOS_NOT_AVAILABLE,
	RETAIN_NOT_AVAILABLE,
} from "../../../src/session/v5/reasons.js";
import type { QoS } from "../../../src/wire/protocol.js";
import { Topic } from "../../../src/wire/topic.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { type Kind, type Record, StoreModel } from "./store-model.js";

interface Record5 extends Record {
	topic: Topic;
	properties: Properties | undefined;
	payload: number[];
	/** Milliseconds; a message that is never sent is dropped then. */
	deadline: number;
	omitted: boolean;
}

export class StoreModel5 extends StoreModel {
	declare protected readonly outbox: Outbox5;
	declare protected records: Record5[];
	/** Milliseconds; it wraps soon. */
	private now = 0x7fff_0000;
	/** When the time was 0. */
	private readonly started = this.now - 1000;

	constructor(seed: number, kind: Kind) {
		super(seed, kind);
		Object.assign(this.counts, { expired: 0, declined: 0, renumbered: 0, unservable: 0, omitted: 0 });
		this.outbox.advance(this.now | 0);
	}

	protected override newOutbox(sizes: Sizes, firstId: number, others: Identifiers): Outbox5 {
		return new Outbox5({ ...sizes, topicAliases: 2 } as Sizes5, firstId, this.kind.dropsOldest, others);
	}

	protected override step(): void {
		const dice = this.pick(100);
		if (dice < 8) {
			this.now += this.pick(3) === 0 ? this.pick(5000) : 1000 * this.pick(3);
			this.outbox.advance(this.now | 0);
		} else if (dice < 11) {
			this.expireAll();
			this.outbox.expire();
			this.tellExpired();
		} else if (dice < 14) this.decline();
		else if (dice < 17) this.renumber();
		else if (dice < 18) this.omit();
		else super.step();
	}

	// ---- what a record is

	protected override write(record: Record): void {
		const it = record as Record5;
		it.topic = new Topic("topic".slice(0, 1 + this.pick(5)));
		it.properties = undefined;
		it.deadline = Number.POSITIVE_INFINITY;
		it.omitted = false;
		it.payload = Array.from({ length: 6 + this.pick(20) }, () => this.pick(256));
		if (this.pick(2) === 0) {
			const messageExpiry = this.pick(2) === 0 ? this.pick(9) : undefined;
			const contentType = this.pick(2) === 0 ? "text" : undefined;
			it.properties = new Properties({ messageExpiry, contentType });
			// In whole seconds since the first look, never earlier than its time.
			if (messageExpiry !== undefined)
				it.deadline = this.started + 1000 * Math.ceil((this.now - this.started) / 1000 + messageExpiry);
		}
		this.compose(it);
	}

	private compose(it: Record5): void {
		const deadline = it.deadline === Number.POSITIVE_INFINITY ? 0 : (it.deadline - this.started) / 1000;
		it.body = [
			...(it.deadline === Number.POSITIVE_INFINITY ? [] : new Uint8Array(Uint32Array.of(deadline).buffer)),
			...it.topic.field,
			...(it.qos === 0 ? [] : [it.id >> 8, it.id & 255]),
			...(it.properties?.block ?? []),
			...it.payload,
		];
	}

	protected override put(record: Record, at: number): void {
		const { outbox } = this;
		const it = record as Record5;
		// The functions that write payloads have their place in there.
		if (it.fill !== undefined) it.payload.splice(-6, 6, ...it.body.slice(-6));
		this.compose(it);
		const length = it.payload.length;
		this.equal(
			outbox.bytesFor(it.topic, it.qos as QoS, length, it.properties),
			it.body.length,
			"bytes of a record",
		);
		outbox.all.set(it.payload, outbox.put(at, it.topic, it.id, it.properties));
	}

	protected override marks(record: Record): number {
		return super.marks(record) | this.outbox.marksFor((record as Record5).properties);
	}

	// ---- acceptance

	protected override beforePlace(span: number): void {
		if (this.outbox.tail + span > this.outbox.roomEnd) this.expireAll();
	}

	protected override sendsAtOnce(record: Record, span: number): boolean {
		const { outbox } = this;
		const it = record as Record5;
		if (it.qos === 0 || it.fill !== undefined) return false;
		if (this.records.some(({ inFlight }) => !inFlight) || this.inFlight >= this.window) return false;
		if (outbox.tail + span > outbox.roomEnd) return false;
		const { window } = outbox;
		// The packet has an identifier at 3, and its payload at 9.
		window.set(it.payload, 9);
		const marks = this.marks(it) | Mark.IN_FLIGHT | ((-it.body.length & 3) << 4);
		if (outbox.lastId === outbox.freeTo) outbox.measureIds();
		const end = 9 + it.payload.length;
		const id = outbox.addSent(span, marks, it.topic, it.properties, 3, 9, end, it.owner);
		it.id = this.checkId(id);
		this.equal((window[3] << 8) | window[4], id, "identifier in the packet");
		this.compose(it);
		it.inFlight = true;
		this.records.push(it);
		this.counts.accepted++;
		if (it.properties === undefined) while (this.pick(2) === 0 && this.sendsOneMore(it, span));
		return true;
	}

	private sendsOneMore(like: Record5, span: number): boolean {
		const { outbox } = this;
		const payload = like.payload.map(() => this.pick(256));
		const wanted = this.inFlight < this.window && outbox.tail + span <= outbox.roomEnd;
		const id = outbox.again(Uint8Array.from(payload), 9);
		this.equal(id !== 0, wanted, "a message like the last one is accepted");
		if (!wanted) return false;
		this.equal((outbox.window[3] << 8) | outbox.window[4], id, "identifier in the packet");
		const record = { ...like, id: this.checkId(id), owner: 0, room: false, payload };
		this.compose(record);
		this.records.push(record);
		this.counts.accepted++;
		if (this.pick(4) > 0) return true;
		outbox.takeBack();
		record.inFlight = false;
		return false;
	}

	// ---- expiry

	private lapse(it: Record5): void {
		this.replaced.push(this.nameOf(it) | (1 << 24));
		this.forget(it);
		this.counts.expired++;
	}

	private isOver({ inFlight, begun, deadline }: Record5): boolean {
		return !inFlight && !begun && deadline <= this.now;
	}

	private expireAll(): void {
		for (const it of this.records.filter((record) => this.isOver(record))) this.lapse(it);
	}

	/** What is asked for to be sent next has expired. */
	private expireNext(): void {
		for (let it = super.next() as Record5; it !== undefined && this.isOver(it); it = super.next() as Record5)
			this.lapse(it);
	}

	private tellExpired(): void {
		for (const name of this.replaced.splice(0)) this.equal(this.outbox.takeReplaced(), name, "expired");
		this.equal(this.outbox.takeReplaced(), -1, "expired beyond that");
	}

	protected override next(): Record | undefined {
		this.expireNext();
		return super.next();
	}

	protected override compareNext(): number {
		const at = super.compareNext();
		const it = super.next() as Record5;
		if (at !== 0 && it.deadline < Number.POSITIVE_INFINITY) {
			const left = Math.max(1, Math.floor((it.deadline - this.now) / 1000));
			this.outbox.fixExpiry(at);
			this.equal(this.outbox.secondsLeft, left, "seconds that are left");
		}
		return at;
	}

	// ---- answers

	private get sent(): Record5 | undefined {
		const sent = this.records.filter(({ inFlight }) => inFlight);
		return sent.length === 0 ? undefined : sent[this.pick(sent.length)];
	}

	private decline(): void {
		const it = this.sent;
		if (it === undefined) return;
		this.equal(this.outbox.refuse(it.id, 3 - it.qos), -1, "a refusal by the wrong packet");
		this.equal(this.outbox.refuse(it.id, it.qos), this.nameOf(it), "a refusal");
		this.equal(this.outbox.refuse(it.id, it.qos), -1, "a second refusal");
		this.forget(it);
		this.counts.declined++;
	}

	private renumber(): void {
		const it = this.sent;
		if (it === undefined) return;
		const old = it.id;
		this.equal(this.outbox.renumber(old, 3 - it.qos), false, "identifier in use, by the wrong packet");
		this.equal(this.outbox.renumber(old, it.qos), true, "identifier in use");
		// It stands where it stood.
		const at = this.outbox.lastId;
		it.id = this.checkId(at);
		it.inFlight = it.begun = false;
		this.compose(it);
		this.counts.renumbered++;
	}

	private omit(): void {
		for (const it of this.records) {
			if (it.properties === undefined || it.omitted) continue;
			this.equal(this.outbox.takeOmitted(), this.nameOf(it), "goes without its properties");
			it.omitted = true;
			this.counts.omitted++;
		}
		this.equal(this.outbox.takeOmitted(), -1, "goes without, beyond that");
	}

	protected override reconnect(): void {
		super.reconnect();
		const receiveMaximum = 1 + this.pick(this.kind.window + 1);
		this.window = Math.min(this.kind.window, receiveMaximum);
		this.outbox.bound(this.window);
		const granted = {
			receiveMaximum,
			maximumQos: this.pick(3) === 0 ? 1 : 2,
			retainAvailable: this.pick(3) > 0,
			maximumPacketSize: this.pick(3) === 0 ? 36 : 1000,
			topicAliasMaximum: 0,
		};
		for (const it of [...this.records]) {
			const why =
				it.qos > granted.maximumQos
					? QOS_NOT_AVAILABLE
					: it.retain && !granted.retainAvailable
						? RETAIN_NOT_AVAILABLE
						: this.packetLength(it) > granted.maximumPacketSize
							? MESSAGE_TOO_LARGE
							: undefined;
			if (why === undefined) continue;
			const name = this.outbox.nextUnservable(granted);
			this.equal(plainName(name), this.nameOf(it), "what the broker does not take");
			this.equal(whyOf(name), why, "why");
			this.forget(it);
			this.counts.unservable++;
		}
		this.equal(this.outbox.nextUnservable(granted), -1, "what the broker does not take, beyond that");
	}

	/** All of them are short. */
	private packetLength({ topic, qos, properties, payload, fill }: Record5): number {
		const expiry = properties !== undefined && properties.messageExpiry >= 0 ? 5 : 0;
		const body =
			topic.field.length + (qos === 0 ? 0 : 2) + (properties?.block.length ?? 1) + expiry + payload.length;
		return fill === undefined ? 2 + body : body - 6 + 0x00010203 + 4;
	}

	// ---- always

	protected override check(): void {
		this.expireNext();
		this.outbox.next();
		super.check();
		this.tellExpired();
		this.equal(
			this.outbox.expiring,
			this.records.filter(({ deadline }) => deadline < Number.POSITIVE_INFINITY).length,
			"messages that may expire",
		);
		const first = this.records.reduce(
			(sum, { deadline, inFlight, begun }) => (inFlight || begun ? sum : Math.min(sum, deadline)),
			Number.POSITIVE_INFINITY,
		);
		this.equal(this.outbox.untilExpiry(), first - this.now, "milliseconds until one expires");
	}
}
