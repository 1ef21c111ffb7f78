// Random operations on an outbox, against a plain list that says what it must hold. In Node and in XS.

import { type Fill, type Identifiers, KEEP_ALL, Outbox, type Sizes } from "../../../src/session/outbox.js";
import { Mark, Store } from "../../../src/session/store.js";
import { Random } from "../../delivery/random.js";

export interface Record {
	id: number;
	qos: number;
	retain: boolean;
	owner: number;
	/** Bytes behind the header. */
	body: number[];
	inFlight: boolean;
	begun: boolean;
	/** It stands in the room set aside for its owner. */
	room: boolean;
	fill: Fill | undefined;
}

export interface Kind {
	storeSize: number;
	window: number;
	dropsOldest: boolean;
	/** Words set aside for each owner. */
	owners: number[];
}

/** Throws at the first difference. */
export class StoreModel {
	protected readonly outbox: Outbox;
	private readonly random: Random;
	protected readonly kind: Kind;
	/** Messages in flight at most. */
	protected window: number;
	protected records: Record[] = [];
	protected released: { id: number; owner: number }[] = [];
	protected releasesSent = 0;
	/** Each owner's room is taken by a record. */
	private readonly taken: boolean[];
	/** Identifiers of SUBSCRIBEs. */
	private readonly others: number[] = [];
	/** What came of the operations, to see that all of them happened. */
	readonly counts: { [name: string]: number } = {
		accepted: 0,
		refused: 0,
		replaced: 0,
		dropped: 0,
		delivered: 0,
		sent: 0,
		lost: 0,
		tooEarly: 0,
		givenUp: 0,
	};

	constructor(seed: number, kind: Kind) {
		this.random = new Random(seed);
		this.kind = kind;
		this.window = kind.window;
		const sizes = { packetSize: 64, unreleased: 3, acknowledgements: 2, ...kind };
		const nextUsed = (id: number) =>
			this.others.reduce((next, it) => (it > id && it < next ? it : next), 65_536);
		this.outbox = this.newOutbox(sizes, this.pick(65_535) + 1, { nextUsed });
		this.taken = kind.owners.map(() => false);
		for (const words of kind.owners) this.outbox.addOwner(words === 0 ? 0 : words * 4 - 12);
		// What stands in the tables is not the records' business.
		while (!this.outbox.unreleasedFull) this.outbox.addUnreleased(0xffff);
		while (!this.outbox.acknowledgementsFull) this.outbox.addAcknowledgement(0xffff, 0xffff);
	}

	/** For the constructor. */
	protected newOutbox(sizes: Sizes, firstId: number, others: Identifiers): Outbox {
		return new Outbox(sizes, firstId, this.kind.dropsOldest, others);
	}

	run(steps: number): this {
		for (let step = 0; step < steps; step++) {
			this.step();
			this.check();
		}
		if (this.pick(3) === 0) this.giveUpAll();
		else this.drain();
		return this;
	}

	protected pick(count: number): number {
		return this.random.from(0, count - 1);
	}

	protected step(): void {
		const dice = this.pick(100);
		if (dice < 40) this.publish();
		else if (dice < 60) this.send();
		else if (dice < 84) this.answer();
		else if (dice < 88) this.begin();
		else if (dice < 93) this.reconnect();
		else if (dice < 96) this.others.splice(0, 9, this.outbox.nextId());
		else if (dice < 97) this.answerWrongly();
		else if (dice < 99) this.giveUp();
		else this.equal(this.outbox.acknowledge(this.stranger()), false, "PUBACK of a stranger");
	}

	protected equal(got: unknown, wanted: unknown, what: string): void {
		if (got !== wanted) throw new Error(`${what}: ${got}, it must be ${wanted}`);
	}

	/** An identifier that nobody has. */
	private stranger(): number {
		for (;;) {
			const id = this.pick(65_535) + 1;
			if (!this.records.some((it) => it.id === id) && !this.isReleased(id)) return id;
		}
	}

	private isReleased(id: number): boolean {
		return this.released.some((it) => it.id === id);
	}

	/** As the app is told of its end. */
	protected nameOf({ id, owner }: { id: number; owner: number }): number {
		return (owner << 16) | id;
	}

	protected span(record: Record): number {
		return Store.span(record.body.length);
	}

	private get live(): number {
		return this.records.reduce((sum, record) => sum + this.span(record), 0);
	}

	private get aside(): number {
		const taken = this.records.reduce((sum, record) => sum + (record.room ? this.span(record) : 0), 0);
		return this.kind.owners.reduce((sum, words) => sum + words, -taken);
	}

	protected get inFlight(): number {
		return this.released.length + this.records.filter(({ inFlight }) => inFlight).length;
	}

	protected forget(record: Record): void {
		this.records.splice(this.records.indexOf(record), 1);
		if (record.room) this.taken[record.owner - 1] = false;
	}

	// ---- acceptance

	private publish(): void {
		const { kind, outbox } = this;
		const qos = this.pick(3);
		const owner = this.pick(3) === 0 && kind.owners.length > 0 ? 1 + this.pick(kind.owners.length) : 0;
		const fill: Fill | undefined = owner === 0 && this.pick(8) === 0 ? () => 0 : undefined;
		const record: Record = {
			id: 0,
			qos,
			retain: this.pick(2) === 1,
			owner,
			body: [],
			inFlight: false,
			begun: false,
			room: false,
			fill,
		};
		this.write(record);
		const span = this.span(record);
		if (this.sendsAtOnce(record, span)) return;
		this.beforePlace(span);
		const keepsAll = owner !== 0 && this.pick(4) === 0;
		const wanted = this.place(record, span, keepsAll);
		const at = outbox.place(span, owner + (keepsAll ? KEEP_ALL : 0));
		this.equal(at !== 0, wanted, `a record of ${span} words is accepted`);
		const replaced = this.replaced.splice(0);
		for (const id of replaced) this.equal(outbox.takeReplaced(), id, "replaced");
		this.equal(outbox.takeReplaced(), -1, "replaced beyond that");
		if (!wanted) {
			this.counts.refused++;
			return;
		}
		this.counts.accepted++;
		record.id = qos === 0 ? 0 : this.nextId();
		if (fill !== undefined) {
			const key = outbox.keepFill(fill);
			record.body.splice(-6, 6, 0, 1, 2, 3, key >> 8, key & 255);
		}
		this.put(record, at);
		outbox.add(at, record.id, this.marks(record), record.body.length, owner + (keepsAll ? KEEP_ALL : 0));
	}

	/** Makes up what stands behind a record's header. */
	protected write(record: Record): void {
		record.body = Array.from({ length: 6 + this.pick(30) }, () => this.pick(256));
	}

	/** Writes that into the store. */
	protected put(record: Record, at: number): void {
		this.outbox.all.set(record.body, this.outbox.bodyAt(at));
	}

	protected beforePlace(_span: number): void {}

	protected marks(record: Record): number {
		return (
			(record.qos << 1) | (record.retain ? Mark.RETAIN : 0) | (record.fill === undefined ? 0 : Mark.PULLED)
		);
	}

	protected nextId(): number {
		return this.checkId(this.outbox.nextId());
	}

	protected checkId(id: number): number {
		if (id < 1 || id > 65_535) throw new Error(`identifier ${id}`);
		const taken = this.records.some((it) => it.id === id) || this.isReleased(id) || this.others.includes(id);
		this.equal(taken, false, `identifier ${id} is in use`);
		return id;
	}

	/** As the writer does when nothing waits. */
	protected sendsAtOnce(record: Record, span: number): boolean {
		const { outbox } = this;
		if (record.qos === 0 || record.fill !== undefined) return false;
		if (this.records.some(({ inFlight }) => !inFlight) || this.inFlight >= this.window) return false;
		if (outbox.tail + span > outbox.roomEnd) return false;
		record.inFlight = true;
		const { window, windowAt } = outbox;
		const { length } = record.body;
		window.set(record.body, 2);
		const marks = this.marks(record) | Mark.IN_FLIGHT | ((-length & 3) << 4);
		if (outbox.lastId === outbox.freeTo) outbox.measureIds();
		const id = outbox.addInFlight(span, marks, windowAt + 2, windowAt + 2 + length, record.owner);
		record.id = this.checkId(id);
		this.records.push(record);
		this.counts.accepted++;
		while (this.pick(2) === 0 && this.sendsAgain(record, span));
		return true;
	}

	/** One that differs in identifier and payload only; at times the stream takes nothing after all. */
	private sendsAgain(like: Record, span: number): boolean {
		const { outbox } = this;
		const { length } = like.body;
		const payload = Array.from({ length: 4 }, () => this.pick(256));
		const wanted = this.inFlight < this.window && outbox.tail + span <= outbox.roomEnd;
		const id = outbox.again(Uint8Array.from(payload), 2 + length - payload.length);
		this.equal(id !== 0, wanted, "a message like the last one is accepted");
		if (!wanted) return false;
		const body = [...like.body.slice(0, length - 6), id >> 8, id & 255, ...payload];
		const record = { ...like, id: this.checkId(id), owner: 0, room: false, body };
		this.records.push(record);
		this.counts.accepted++;
		if (this.pick(4) > 0) return true;
		outbox.takeBack();
		record.inFlight = false;
		return false;
	}

	/** Messages that gave way. */
	protected readonly replaced: number[] = [];

	/** What must become of it, by the rules alone. */
	protected place(record: Record, span: number, keepsAll: boolean): boolean {
		const { owner } = record;
		const most = this.kind.storeSize / 4;
		const replaces = owner !== 0 && !keepsAll;
		const old = this.records
			.filter((it) => replaces && it.owner === owner && !it.inFlight && !it.begun)
			.pop();
		const room = owner !== 0 && (!this.taken[owner - 1] || old?.room) ? this.kind.owners[owner - 1] : 0;
		const spare = old?.room ? this.span(old) : 0;
		const fits = () => {
			const words = this.live - (old === undefined ? 0 : this.span(old)) + span;
			return words <= most - this.aside - spare + (room >= span ? span : 0);
		};
		const droppable = () => this.records.filter((it) => it.owner === 0 && !it.inFlight && !it.begun);
		if (!fits()) {
			if (!this.kind.dropsOldest) return false;
			const { records } = this;
			this.records = records.filter((it) => !droppable().includes(it));
			const helps = fits();
			this.records = records;
			if (!helps) return false;
			while (!fits()) {
				const [oldest] = droppable();
				this.replaced.push(this.nameOf(oldest));
				this.forget(oldest);
				this.counts.dropped++;
			}
		}
		const at = old === undefined ? -1 : this.records.indexOf(old);
		if (old !== undefined) {
			this.replaced.push(this.nameOf(old));
			this.forget(old);
			this.counts.replaced++;
		}
		if (old !== undefined && this.span(old) === span) {
			record.room = old.room;
			this.records.splice(at, 0, record);
		} else {
			record.room = room > 0 && room >= span;
			this.records.push(record);
		}
		if (record.room) this.taken[owner - 1] = true;
		return true;
	}

	// ---- sending

	protected next(): Record | undefined {
		const record = this.records.find(({ inFlight }) => !inFlight);
		return record === undefined || record.qos === 0 || this.inFlight < this.window ? record : undefined;
	}

	/** The next PUBREL or message goes out whole. */
	private send(): void {
		const { outbox } = this;
		const release = this.releasesSent < this.released.length ? this.released[this.releasesSent].id : 0;
		this.equal(outbox.nextRelease, release, "the next PUBREL");
		if (release !== 0) {
			outbox.markReleaseSent();
			this.releasesSent++;
			return;
		}
		const at = this.compareNext();
		if (at === 0) return;
		outbox.markSent(at);
		const record = this.next()!;
		if (record.qos === 0) this.forget(record);
		else record.inFlight = true;
		this.counts.sent++;
	}

	/** A part of the next message goes out. */
	private begin(): void {
		if (this.releasesSent < this.released.length) return;
		const at = this.compareNext();
		if (at === 0) return;
		this.outbox.begin(at);
		this.next()!.begun = true;
	}

	protected compareNext(): number {
		const { outbox } = this;
		const record = this.next();
		const at = outbox.next();
		this.equal(at !== 0, record !== undefined, "there is something to send");
		if (record === undefined) return 0;
		this.equal(outbox.idOf(at), record.id, "identifier of the next");
		const mask = Mark.RETAIN | Mark.QOS | Mark.PULLED | Mark.PROPERTIES | Mark.EXPIRES;
		this.equal(outbox.marksOf(at) & mask, this.marks(record), "marks of the next");
		this.equal(outbox.isBegun(at), record.begun, "the next was sent before");
		const from = outbox.bodyAt(at);
		const body = outbox.all.slice(from, from + outbox.bodyLength(at));
		this.equal(body.join(), record.body.join(), "bytes of the next");
		if (record.fill === undefined) return at;
		this.equal(outbox.fillOf(at), record.fill, "function of the next");
		this.equal(outbox.pulledLength(at), 0x00010203, "length of the next");
		return at;
	}

	// ---- answers

	/** PUBACK, PUBREC or PUBCOMP of something in flight: mostly of the oldest. */
	private answer(): void {
		const { outbox } = this;
		if (this.releasesSent > 0 && this.pick(2) === 0) {
			const i = this.pick(3) > 0 ? 0 : this.pick(this.releasesSent);
			this.equal(outbox.complete(this.released[i].id) > 0, true, "PUBCOMP");
			this.released.splice(i, 1);
			this.releasesSent--;
			this.counts.delivered++;
			return;
		}
		const inFlight = this.records.filter((it) => it.inFlight);
		if (inFlight.length === 0) return;
		const record = inFlight[this.pick(3) > 0 ? 0 : this.pick(inFlight.length)];
		this.equal(outbox.waits(record.id), false, "in flight, not waiting");
		this.equal(outbox.complete(record.id), 0, "PUBCOMP before its turn");
		if (record.qos === 1) {
			this.equal(outbox.release(record.id), false, "PUBREC at QoS 1");
			this.equal(outbox.acknowledge(record.id), true, "PUBACK");
			this.counts.delivered++;
		} else {
			this.equal(outbox.acknowledge(record.id), false, "PUBACK at QoS 2");
			if (this.releasesSent < this.released.length) return;
			this.equal(outbox.release(record.id), true, "PUBREC");
			this.released.push(record);
			this.releasesSent = this.released.length;
		}
		this.forget(record);
	}

	/** An answer to what is not sent on this connection. */
	private answerWrongly(): void {
		const { outbox } = this;
		for (const { id, inFlight } of this.records) {
			if (inFlight || id === 0) continue;
			this.equal(outbox.waits(id), true, "it waits");
			const taken = outbox.acknowledge(id) || outbox.release(id) || outbox.complete(id) > 0;
			this.equal(taken, false, "an answer to what waits");
			this.counts.tooEarly++;
		}
		for (let i = this.releasesSent; i < this.released.length; i++)
			this.equal(outbox.complete(this.released[i].id), 0, "PUBCOMP to a PUBREL that waits");
	}

	/** The next message cannot be sent. */
	private giveUp(): void {
		if (this.releasesSent < this.released.length) return;
		const at = this.compareNext();
		if (at === 0) return;
		const record = this.next()!;
		this.equal(this.outbox.giveUp(at), this.nameOf(record), "given up");
		this.forget(record);
		this.counts.givenUp++;
	}

	/** The client is closed. */
	private giveUpAll(): void {
		for (const it of [...this.released, ...this.records])
			this.equal(this.outbox.dropFirst(), this.nameOf(it), "given up at the end");
		this.equal(this.outbox.dropFirst(), -1, "given up beyond that");
		this.released.length = this.records.length = this.releasesSent = 0;
		this.taken.fill(false);
		this.check();
	}

	protected reconnect(): void {
		const { outbox } = this;
		outbox.interrupt();
		for (const record of this.records) {
			if (record.inFlight) record.begun = true;
			record.inFlight = false;
		}
		this.releasesSent = 0;
		const sessionPresent = this.pick(2) === 0;
		const again = this.records.filter(({ begun }) => begun).length;
		this.equal(outbox.resume(), again, "messages that go again");
		if (sessionPresent) return;
		for (const it of this.released.splice(0)) {
			this.equal(outbox.dropReleased(), this.nameOf(it), "the session is lost");
			this.counts.lost++;
		}
		this.equal(outbox.dropReleased(), 0, "nothing more is lost");
	}

	// ---- always

	protected check(): void {
		const { outbox } = this;
		this.equal(outbox.held, this.records.length + this.released.length, "messages held");
		this.equal(outbox.inFlight, this.inFlight, "messages in flight");
		const waits = this.records.some(({ inFlight }) => !inFlight);
		const inFlight = this.records.some((it) => it.inFlight);
		this.equal(outbox.awaits, inFlight || this.releasesSent > 0, "an answer is awaited");
		this.equal(outbox.settled, this.records.length + this.released.length === 0, "nothing is held");
		this.kind.owners.forEach((_words, i) => {
			const own = [...this.records, ...this.released].some(({ owner }) => owner === i + 1);
			this.equal(outbox.holds(i + 1), own, "a message of this owner is held");
			const unsent = this.records.some((it) => it.owner === i + 1 && !it.inFlight && !it.begun);
			this.equal(outbox.waitingOf(i + 1) !== 0, unsent, "a message of this owner waits");
		});
		if (outbox.next() !== 0) this.equal(waits, true, "something waits");
		const fresh =
			this.released.length === 0 && !this.records.some(({ begun, inFlight }) => begun || inFlight);
		this.equal(outbox.fresh, fresh, "nothing was ever sent");
	}

	/** All that is left is delivered, in order. */
	private drain(): void {
		this.reconnect();
		for (let i = 0; this.records.length + this.released.length > 0; i++) {
			if (i > 10_000) throw new Error("what is held cannot be delivered");
			this.send();
			this.answer();
			this.check();
		}
	}
}
