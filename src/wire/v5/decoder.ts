// Bytes to packets of MQTT 5.0, from a stream cut anywhere: what its packets have beside those of 3.1.1, which are
// properties, reason codes, AUTH, and DISCONNECT of the broker. Knows no session, no socket, no time.

import { Block, Bytes, Cell, Decoder, Head, type PacketSink, type Source, Step } from "../decoder.js";
import { PacketType } from "../protocol.js";
import {
	CONNACK_CODE,
	CONNACK_FLAGS,
	CONNACK_SESSION,
	DUP_QOS_0,
	IDENTIFIER_ZERO,
	LENGTH,
	NOT_YET_CONNECTED,
	PACKET_TYPE,
	QOS_3,
	RESERVED_FLAGS,
	type Reason,
	SECOND_CONNACK,
	TOPIC_EMPTY,
} from "../reason.js";
import { isText } from "../utf8.js";
import { Form, Property, Row, rowOf, sizeOf, variable } from "./property.js";
import {
	ALIAS_INVALID,
	CODE_UNDEFINED,
	isLegal,
	PROPERTY_INTEGER,
	PROPERTY_LENGTH,
	PROPERTY_MISPLACED,
	PROPERTY_TEXT,
	PROPERTY_TWICE,
	PROPERTY_UNKNOWN,
	PROPERTY_VALUE,
	RESPONSE_TOPIC_WILDCARD,
} from "./reason-codes.js";
import { ReceivedProperties } from "./received.js";

/** Gets packets of MQTT 5.0. Properties of the packet are in `received` until a call returns. */
export interface PacketSink5 extends PacketSink {
	/** A PUBLISH has an alias, of which it is told next: `nameTopic` gives it a name. False: it must not have it. */
	onAlias(): boolean;
	/** PUBACK, PUBREC, PUBREL or PUBCOMP with a reason code other than 0; those with 0 come as in 3.1.1. */
	onReasonCode(type: number, id: number, code: number): boolean;
	/** One of the `count` codes of an UNSUBACK, `index` from 0. */
	onUnsuback(id: number, code: number, index: number, count: number): boolean;
	/** The broker ends the connection, and says why. */
	onDisconnect(code: number): boolean;
	onAuth(code: number): boolean;
}

/** What is read next, behind the steps of 3.1.1. */
const enum Step5 {
	PROPERTY_LENGTH = Step.OTHER,
	PROPERTIES = Step.OTHER + 1,
	SKIP_PROPERTY = Step.OTHER + 2,
	REASON_CODE = Step.OTHER + 3,
}

/** Numbers at the front of the buffer, behind those of 3.1.1. */
const enum Cell5 {
	/** Bytes of properties in their buffer: behind those that are kept, a part of the next. */
	END = Cell.OTHER,
	/** Bytes of properties that were not read yet; -1: those of a PUBLISH, and their length, come before its payload. */
	LEFT = Cell.OTHER + 1,
	/** Properties that were seen in this packet, a bit each; -1: a CONNACK that has none. */
	SEEN = Cell.OTHER + 2,
	/** Bytes of a second length that are behind what is skipped. No payload and no code comes before properties end. */
	SECOND = Cell.CONSUMED,
	/** Bytes of a CONNACK's properties that its text leaves free. */
	RESERVED = Cell.OTHER + 3,
	/** 1: the topic name of the current PUBLISH was longer than the buffer. */
	TOPIC_SKIPPED = Cell.OTHER + 4,
	/** 1: reason strings and user properties of packets other than PUBLISH are kept, as far as there is room. */
	KEEPS_PROBLEM_INFORMATION = Cell.OTHER + 5,
}

const enum Room {
	/** Behind the room for properties: a number for which there is none is read there, to be checked. */
	SLACK = 8,
}

/** Whether the bytes from `at` to `end` are a string as section 1.5.4 has it. Most are ASCII. */
const isString = (bytes: Uint8Array, at: number, end: number): boolean => {
	for (let i = at; i < end; i++) {
		const byte = bytes[i];
		if (byte > 127 || byte === 0) return isText(bytes, end, at);
	}
	return true;
};

/** Whether there is a + or a #: `indexOf` would search all that is behind. */
const hasWildcard = (bytes: Uint8Array, at: number, end: number): boolean => {
	for (let i = at; i < end; i++) if (bytes[i] === 0x2b || bytes[i] === 0x23) return true;
	return false;
};

/** Whether a property of CONNACK leaves room for others: for its limits, and for the authentication method. */
const yields = (property: number, row: number): boolean =>
	(row & Row.FORM) >= Form.BINARY && property !== Property.AUTHENTICATION_METHOD;

/** In Cell5.SEEN. The prime tells apart the properties that are allowed in one packet. */
const bitOf = (property: number): number => 1 << (property % 31);

export class Decoder5 extends Decoder {
	declare protected readonly sink: PacketSink5;
	// Hot fields first, as in Decoder.
	/** Whether the current stream uses MQTT 5.0, see `speak`. If not, this is a decoder of 3.1.1. */
	five: boolean;
	/** Properties of a PUBLISH go here: behind the topic name. */
	private readonly properties: Uint8Array;
	private readonly propertiesAt: number;
	/** Properties of a PUBLISH, eight bytes at a time; undefined: see `claim`. */
	private words?: Float64Array;
	/**
	 * Properties that were checked last, and how many words, NaN in the one behind them. If the next ones are the same,
	 * `received` and `alias` are theirs.
	 */
	private checked?: Float64Array;
	private checkedCount?: number;
	/** Bytes of those; -1: none. */
	private lastLength: number;
	/** Properties of the current packet, those of CONNACK until `endConnack`. */
	readonly received: ReceivedProperties;
	/** Topic alias of the current PUBLISH; 0: none. */
	alias: number;
	/** Its subscription identifier; 0: none, -1: several. */
	subscriptionIdentifier: number;
	/**
	 * `propertySize` in bytes, rounded up to a multiple of 8: what does not fit is skipped. Properties of packets other than
	 * PUBLISH have the payload's buffer, too.
	 * @param reserved bytes of a CONNACK's properties that its text leaves free: no limit must be lost
	 */
	constructor(
		sink: PacketSink5,
		payloadSize: number,
		topicSize: number,
		propertySize: number,
		reserved: number,
	) {
		super(sink, payloadSize, topicSize, ((propertySize + 7) & ~7) + Room.SLACK);
		this.five = false;
		this.propertiesAt = Bytes.TOPIC_AT + topicSize + 8;
		this.properties = new Uint8Array(this.buffer, this.propertiesAt);
		this.lastLength = -1;
		this.cells[Cell5.RESERVED] = reserved;
		this.received = new ReceivedProperties(this.properties);
		this.alias = 0;
		this.subscriptionIdentifier = 0;
	}

	/** Bytes of a message's properties that there is room for. */
	get propertySize(): number {
		return this.payloadAt - this.propertiesAt - Room.SLACK;
	}

	/**
	 * What `start` begins with next: MQTT 5.0, or 3.1.1.
	 * @param keepsProblemInformation reason strings and user properties of packets other than PUBLISH are kept, as far as
	 * there is room
	 */
	speak(five: boolean, keepsProblemInformation: boolean): void {
		this.five = five;
		this.cells[Cell5.KEEPS_PROBLEM_INFORMATION] = keepsProblemInformation ? 1 : 0;
	}

	/** The topic name of the current PUBLISH was longer than the buffer. */
	get topicSkipped(): boolean {
		return this.cells[Cell5.TOPIC_SKIPPED] === 1;
	}

	/** CONNACK came without properties, as brokers of 3.1.1 refuse. */
	get bare(): boolean {
		return this.cells[Cell5.SEEN] < 0;
	}

	/**
	 * Allocates the memory with which properties that are the same as the last ones need no check, not before
	 * something is subscribed to: a client that only publishes does without.
	 */
	claim(): void {
		const count = (this.payloadAt - this.propertiesAt) >> 3;
		this.words ??= new Float64Array(this.buffer, this.propertiesAt, count);
		this.checked ??= new Float64Array(count);
		this.checkedCount ??= 0;
	}

	/** The current PUBLISH came with an alias: its topic name, of `length` bytes, was put into `topicWords`. */
	nameTopic(length: number): void {
		this.topicLength = length;
	}

	/** Bytes of topic name that there is room for. */
	override get topicSize(): number {
		return this.propertiesAt - Bytes.TOPIC_AT - 8;
	}

	override start(source: Source): void {
		const { cells } = this;
		super.start(source);
		this.lastLength = -1;
		this.alias = 0;
		this.subscriptionIdentifier = 0;
		cells[Cell5.TOPIC_SKIPPED] = 0;
		cells[Cell5.LEFT] = 0;
		cells[Cell5.SEEN] = 0;
		this.received.begin(this.properties);
	}

	override onReadable(count: number): void {
		// As its result, it takes this one's place in the stack.
		// biome-ignore lint/correctness/noVoidTypeReturn: see above
		if (!this.five) return super.onReadable(count);
		this.arrived += count - this.available;
		this.available = count;
		if (this.blocks !== 0) return;
		this.blocks = Block.DECODING;
		const quad = this.quad;
		let more = true;
		try {
			while (this.available > 3 && this.step === Step.HEADER) {
				const source = this.source!;
				let got = source.read(quad);
				if (got !== 4) {
					this.noteShortRead(got);
					this.leaveFastPath(this.cells[Cell.GOT]);
					break;
				}
				const head = this.cells[Cell.HEAD];
				if (head !== this.lastHead) {
					this.available -= 4;
					if ((head & 0xffff) === Head.PUBACK) {
						const id = ((head >>> 8) & 0xff00) | (head >>> 24);
						if (id > 0 ? this.sink.onPuback(id) : this.reject(IDENTIFIER_ZERO)) continue;
						more = false;
						break;
					}
					if (!this.publishHead()) {
						if (this.acknowledgement()) continue;
						more = false;
						break;
					}
					this.available += 4;
				}
				// The fast path, as in 3.1.1: the topic name comes with all that is between it and the properties.
				const available = this.available - this.packetSize;
				if (available < 0) {
					this.available -= 4;
					this.leaveFastPath(4);
					break;
				}
				const { buffer, topic, headLength, lastLength } = this;
				buffer.resize(Bytes.TOPIC_AT + headLength);
				got = source.read(topic);
				if (got !== headLength || topic[headLength - 1] !== lastLength) {
					buffer.resize(this.size);
					more = this.longHead(got, available);
					break;
				}
				if (lastLength > 0) {
					buffer.resize(this.propertiesAt + lastLength);
					got = source.read(this.properties);
					if (got !== lastLength) {
						buffer.resize(this.size);
						more = this.longProperties(got, available);
						break;
					}
					topic[headLength - 1] = 0;
				}
				const total = this.total;
				got = 0;
				if (total > 0) {
					buffer.resize(this.payloadAt + total);
					got = source.read(this.payload);
				}
				buffer.resize(this.size);
				const flags = this.flags;
				if (flags > 1 && !this.takeId()) {
					more = false;
					break;
				}
				if (lastLength > 0) {
					const checked = this.checked!;
					const words = this.words!;
					let i = 0;
					while (checked[i] === words[i]) i++;
					if (i < this.checkedCount!) more = this.check();
					else {
						this.received.rewind();
						if (this.alias > 0) more = this.recallAlias();
					}
					if (!more) break;
				}
				if (got !== total) {
					this.interrupt(Step.PAYLOAD, got, available + total);
					break;
				}
				this.available = available;
				const sink = this.sink;
				if (flags < 2 ? sink.onMessage() : flags < 4 ? sink.onPublish() : sink.onPublishQos2()) continue;
				more = false;
				break;
			}
			if (more) if (this.available > 0 || this.step !== Step.HEADER) this.decodeSlowly();
		} catch (error) {
			this.blocks &= ~Block.DECODING;
			this.sink.onThrown(error);
			return;
		}
		this.blocks &= ~Block.DECODING;
	}

	/** As in 3.1.1, but that the topic name may be empty. */
	protected override publishHead(): boolean {
		const { cells } = this;
		if (!this.five) return super.publishHead();
		const quad = this.quad;
		const remaining = quad[1];
		const length = (quad[2] << 8) | quad[3];
		const flags = quad[0] & 15;
		const headLength = length + (flags > 1 ? 3 : 1);
		const behind = remaining - 2 - headLength;
		this.lastHead = 0;
		if (quad[0] >> 4 !== PacketType.PUBLISH || flags > 5 || remaining > 127) return false;
		if (length > this.topicSize || behind < 0 || behind > this.payloadSize) return false;
		// An empty topic name is legal by an alias only, which is found out when properties are checked.
		if ((length === 0 && this.alias === 0) || behind < this.lastLength) this.lastLength = -1;
		cells[Cell.TYPE] = PacketType.PUBLISH;
		this.flags = flags;
		this.topicLength = length;
		cells[Cell5.TOPIC_SKIPPED] = 0;
		this.id = 0;
		this.offset = 0;
		this.total = this.partLength = behind - this.lastLength;
		this.headLength = headLength;
		this.packetSize = remaining + 2;
		this.lastHead = cells[Cell.HEAD];
		return true;
	}

	/** Bytes of the packet behind what is read with the topic name. */
	private get behind(): number {
		return this.packetSize - 4 - this.headLength;
	}

	/** The packet identifier, which was read behind the topic name. */
	private takeId(): boolean {
		const { topic } = this;
		const at = this.headLength - 3;
		const id = (topic[at] << 8) | topic[at + 1];
		topic[at] = topic[at + 1] = 0;
		this.id = id;
		return id > 0 || this.reject(IDENTIFIER_ZERO);
	}

	/**
	 * Only `got` bytes of the topic name and what was to be read with it have come, or properties are not as long as the
	 * last ones. `available` bytes are behind the packet.
	 */
	private longHead(got: number | undefined, available: number): boolean {
		const { cells, topic, headLength, behind } = this;
		const topicLength = this.ownTopic();
		const came = got ?? 0;
		const byte = topic[headLength - 1];
		topic[headLength - 1] = 0;
		this.lastLength = -1;
		if (came === headLength) {
			this.available = available + behind;
			cells[Cell.REMAINING] = behind;
			cells[Cell.CONSUMED] = 0;
			cells[Cell.GOT] = 0;
			if (this.flags > 1 && !this.takeId()) return false;
			this.beginLength();
			return this.lengthOf(byte);
		}
		const more = came - topicLength;
		cells[Cell5.LEFT] = -1;
		this.total = behind + 1;
		if (more <= 0) return this.interrupt(Step.TOPIC, got, available + headLength + behind);
		this.interrupt(Step.IDENTIFIER, got, available + headLength + behind);
		cells[Cell.WORD] = more > 1 ? (topic[topicLength] << 8) | topic[topicLength + 1] : topic[topicLength];
		topic[topicLength] = topic[topicLength + 1] = 0;
		cells[Cell.GOT] = more;
		return true;
	}

	/** Only `got` bytes of properties have come, which are as long as the last ones. */
	private longProperties(got = 0, available: number): boolean {
		const length = this.lastLength;
		if (!this.longHead(this.headLength, available)) return false;
		this.available = got === 0 ? 0 : this.available - got;
		this.cells[Cell5.END] = got;
		this.cells[Cell5.LEFT] = length - got;
		return true;
	}

	/** Forgets a name that an alias gave: how long the topic name is that came. */
	private ownTopic(): number {
		return (this.topicLength = this.headLength - (this.flags > 1 ? 3 : 1));
	}

	/** Properties are the last ones again, with an alias. */
	private recallAlias(): boolean {
		this.ownTopic();
		return this.sink.onAlias();
	}

	/** Checks properties that were read at once, and are as long as the last ones. */
	private check(): boolean {
		const { cells, lastLength } = this;
		this.ownTopic();
		cells[Cell5.LEFT] = lastLength;
		cells[Cell.REMAINING] = this.behind;
		this.beginProperties();
		cells[Cell5.END] = lastLength;
		cells[Cell5.LEFT] = 0;
		if (!this.gather()) return false;
		this.step = Step.HEADER;
		return true;
	}

	// ---- the slow path

	/** The fixed header is whole: checks it against its packet type (sections 2.1.2 to 2.1.4). */
	protected override dispatch(): boolean {
		const { cells } = this;
		if (!this.five) return super.dispatch();
		const { flags } = this;
		const type = cells[Cell.TYPE];
		const remaining = cells[Cell.REMAINING];
		this.lastLength = -1;
		if (!cells[Cell.CONNECTED] && type !== PacketType.CONNACK && type !== PacketType.AUTH)
			return this.reject(NOT_YET_CONNECTED);
		if (type === PacketType.PUBLISH) {
			if ((flags & 6) === 6) return this.reject(QOS_3);
			if ((flags & 14) === 8) return this.reject(DUP_QOS_0);
			if (remaining < 3) return this.reject(LENGTH);
			cells[Cell5.LEFT] = -1;
			this.step = Step.TOPIC_LENGTH;
			return true;
		}
		let least = 2;
		if (type >= PacketType.PINGRESP) least = 0;
		else if (type === PacketType.SUBACK || type === PacketType.UNSUBACK) least = 4;
		else if (type < PacketType.CONNACK || type > PacketType.PUBCOMP) return this.reject(PACKET_TYPE);
		if (flags !== (type === PacketType.PUBREL ? 2 : 0)) return this.reject(RESERVED_FLAGS);
		if (remaining < least || (type === PacketType.PINGRESP && remaining > 0)) return this.reject(LENGTH);
		if (type === PacketType.CONNACK && cells[Cell.CONNECTED]) return this.reject(SECOND_CONNACK);
		cells[Cell.WORD] = 0;
		this.received.begin(this.properties);
		if (least > 0) this.step = Step.WORD;
		else if (remaining > 0) this.step = Step5.REASON_CODE;
		else return this.settle();
		return true;
	}

	protected override beginTopic(): boolean {
		const { cells } = this;
		if (!this.five) return super.beginTopic();
		const length = cells[Cell.WORD];
		const total = cells[Cell.REMAINING] - 2 - length - (this.flags & 6 ? 2 : 0);
		if (total < 1) return this.reject(LENGTH);
		const skipped = length > this.topicSize;
		this.id = 0;
		this.total = total;
		cells[Cell.CONSUMED] = 0;
		cells[Cell5.TOPIC_SKIPPED] = skipped ? 1 : 0;
		this.topicLength = skipped ? 0 : length;
		if (skipped || length === 0) {
			// Nothing is read into its place: growing back fills it with zero.
			this.buffer.resize(Bytes.TOPIC_AT);
			this.buffer.resize(this.size);
		}
		cells[Cell.REMAINING] = length;
		this.step = skipped ? Step.SKIP_TOPIC : Step.TOPIC;
		return true;
	}

	/** The payload's turn, but for properties. */
	protected override part(): boolean {
		if (this.cells[Cell5.LEFT] >= 0) return super.part();
		this.cells[Cell.REMAINING] = this.total;
		this.beginLength();
		return true;
	}

	/** Two bytes after the fixed header: flags and code of CONNACK, or a packet identifier. */
	protected override takeWord(): boolean {
		const { cells } = this;
		if (!this.five) return super.takeWord();
		const word = cells[Cell.WORD];
		const type = cells[Cell.TYPE];
		cells[Cell.REMAINING] -= 2;
		if (type === PacketType.CONNACK) {
			const code = word & 0xff;
			if (word >> 9) return this.reject(CONNACK_FLAGS);
			if (code > 0 && word >> 8) return this.reject(CONNACK_SESSION);
			if (!isLegal(type, code) && (cells[Cell.REMAINING] > 0 || code > 5)) return this.reject(CONNACK_CODE);
			if (cells[Cell.REMAINING] === 0) {
				cells[Cell5.SEEN] = -1;
				return code > 0 ? this.settle() : this.reject(LENGTH);
			}
		} else {
			if (word === 0) return this.reject(IDENTIFIER_ZERO);
			this.id = word;
			cells[Cell.WORD] = 0;
			if (type <= PacketType.PUBCOMP) {
				if (cells[Cell.REMAINING] === 0) return this.settle();
				this.step = Step5.REASON_CODE;
				return true;
			}
		}
		this.beginLength();
		return true;
	}

	protected override code(): boolean {
		const { cells } = this;
		if (!this.five) return super.code();
		const code = this.readByte();
		if (code < 0) return false;
		const { sink, id, total } = this;
		const type = cells[Cell.TYPE];
		if (!isLegal(type, code)) return this.reject(CODE_UNDEFINED);
		const index = cells[Cell.CONSUMED]++;
		if (cells[Cell.CONSUMED] === total) this.step = Step.HEADER;
		return type === PacketType.SUBACK
			? sink.onSuback(id, code, index, total)
			: sink.onUnsuback(id, code, index, total);
	}

	protected override other(): boolean {
		switch (this.step) {
			case Step5.PROPERTY_LENGTH:
				return this.propertyLength();
			case Step5.PROPERTIES:
				return this.gather();
			case Step5.SKIP_PROPERTY:
				return this.skipProperty();
			case Step5.REASON_CODE:
				return this.readReasonCode();
			default:
				return false;
		}
	}

	/** Reason code of an acknowledgement, DISCONNECT or AUTH, into the low byte of `word`, where CONNACK has it. */
	private readReasonCode(): boolean {
		const { cells } = this;
		const code = this.readByte();
		if (code < 0) return false;
		if (!isLegal(cells[Cell.TYPE], code)) return this.reject(CODE_UNDEFINED);
		cells[Cell.WORD] = code;
		// Property length 0 may be left out (sections 3.4.2.2.1, 3.14.2.2.1 and so on).
		if (--cells[Cell.REMAINING] === 0) return this.settle();
		this.beginLength();
		return true;
	}

	/** A packet other than PUBLISH, SUBACK and UNSUBACK is whole. */
	private settle(): boolean {
		const { cells, sink, id } = this;
		const type = cells[Cell.TYPE];
		const code = cells[Cell.WORD];
		this.step = cells[Cell.AHEAD] < cells[Cell.AHEAD_END] ? Step.HEADER_REST : Step.HEADER;
		switch (type) {
			case PacketType.CONNACK:
				cells[Cell.CONNECTED] = 1;
				this.blocks |= Block.CONNACKED;
				return false;
			case PacketType.PINGRESP:
				return sink.onPingresp();
			case PacketType.DISCONNECT:
				return sink.onDisconnect(code);
			case PacketType.AUTH:
				return sink.onAuth(code);
			default:
				if (code > 0) return sink.onReasonCode(type, id, code);
				return type === PacketType.PUBACK ? sink.onPuback(id) : sink.onAcknowledgement(type, id);
		}
	}

	// ---- properties (section 2.2.2)

	/** The length of properties is next; `remaining` bytes of the packet are left. */
	private beginLength(): void {
		this.cells[Cell5.LEFT] = 0;
		this.cells[Cell.BITS] = 0;
		this.step = Step5.PROPERTY_LENGTH;
	}

	private propertyLength(): boolean {
		if (this.cells[Cell.REMAINING] === 0) return this.reject(PROPERTY_LENGTH);
		const byte = this.readByte();
		if (byte < 0) return false;
		this.cells[Cell.REMAINING]--;
		return this.lengthOf(byte);
	}

	/** A byte of the length, which is taken off `remaining`. */
	private lengthOf(byte: number): boolean {
		const { cells } = this;
		const bits = cells[Cell.BITS];
		cells[Cell5.LEFT] += (byte & 127) << bits;
		if (byte >= 128) {
			cells[Cell.BITS] = bits + 7;
			return bits < 21 || this.reject(PROPERTY_INTEGER);
		}
		return this.beginProperties();
	}

	/** `left` bytes of properties are next. */
	private beginProperties(): boolean {
		const { cells } = this;
		const left = cells[Cell5.LEFT];
		if (left > cells[Cell.REMAINING]) return this.reject(PROPERTY_LENGTH);
		cells[Cell.REMAINING] -= left;
		cells[Cell5.END] = 0;
		cells[Cell5.SEEN] = 0;
		this.alias = 0;
		this.subscriptionIdentifier = 0;
		this.received.begin(this.properties);
		this.step = Step5.PROPERTIES;
		return true;
	}

	/** Reads properties: keeps what is whole, one by one, and skips what there is no room for. */
	private gather(): boolean {
		const { cells, received, scratch } = this;
		const type = cells[Cell.TYPE];
		const store = received.buffer;
		const place = Row.PLACE << type;
		let kept = received.length;
		// Other packets have no payload: its buffer, which is behind, is theirs too.
		const capacity = type === PacketType.PUBLISH ? this.propertySize : this.propertySize + this.payloadSize;
		const left = cells[Cell5.LEFT];
		if (cells[Cell5.END] === 0 && left > 0 && left <= this.available && left <= capacity)
			this.readAtOnce(store);
		for (;;) {
			const got = cells[Cell5.END] - kept;
			let size = 1;
			if (got > 0) {
				const row = rowOf(store[kept]);
				const reserved = type === PacketType.CONNACK && yields(store[kept], row) ? cells[Cell5.RESERVED] : 0;
				const most = capacity - reserved;
				if ((row & place) === 0) return this.reject(row === 0 ? PROPERTY_UNKNOWN : PROPERTY_MISPLACED);
				size = sizeOf(store, kept, cells[Cell5.END], row);
				if (size === 0) return this.reject(PROPERTY_INTEGER);
				if (got >= size) {
					if ((row & Row.REPEATS) === 0 && this.isRepeated(store[kept])) return this.reject(PROPERTY_TWICE);
					const fault = this.fault(store, row, kept, size);
					if (fault !== undefined) return this.reject(fault);
					if (kept + size > most || (type !== PacketType.PUBLISH && !this.isKept(store[kept])))
						this.discardProperty(size);
					else received.keep((kept += size));
					continue;
				}
				if (size - got > cells[Cell5.LEFT]) return this.reject(PROPERTY_LENGTH);
				// Behind its length, which fits in any case, as numbers do.
				if (kept + size > most && got >= 3 && (row & Row.FORM) >= Form.BINARY) {
					if ((row & Row.REPEATS) === 0 && this.isRepeated(store[kept])) return this.reject(PROPERTY_TWICE);
					// The second length of a pair, which is behind its first string, may not have come yet.
					const first = 5 + ((store[kept + 1] << 8) | store[kept + 2]);
					cells[Cell5.SECOND] = (row & Row.FORM) === Form.PAIR && got < first ? 2 : 0;
					cells[Cell.GOT] = size - got - cells[Cell5.SECOND];
					cells[Cell.BITS] = 0;
					this.discardProperty(got);
					this.step = Step5.SKIP_PROPERTY;
					return true;
				}
			} else if (cells[Cell5.LEFT] === 0) return this.endProperties();
			const count = this.readScratch(size - got);
			if (count === 0) return false;
			cells[Cell5.LEFT] -= count;
			for (let i = 0; i < count; i++) store[cells[Cell5.END]++] = scratch[i];
		}
	}

	/** Properties that are there whole, and for which there is room, to the front of `store`. */
	private readAtOnce(store: Uint8Array): void {
		const { cells, buffer } = this;
		const left = cells[Cell5.LEFT];
		buffer.resize(this.propertiesAt + left);
		const got = this.source!.read(store) ?? 0;
		buffer.resize(this.size);
		this.available = got === 0 ? 0 : this.available - got;
		cells[Cell5.END] = got;
		cells[Cell5.LEFT] = left - got;
	}

	/** Reads away `got` bytes of a property for which there is no room, and its second string; text is not checked. */
	private skipProperty(): boolean {
		const { cells } = this;
		for (;;) {
			while (cells[Cell.GOT] > 0) {
				const count = this.readScratch(cells[Cell.GOT]);
				if (count === 0) return false;
				cells[Cell.GOT] -= count;
				cells[Cell5.LEFT] -= count;
			}
			if (cells[Cell5.SECOND] === 0) break;
			const byte = this.readByte();
			if (byte < 0) return false;
			cells[Cell5.LEFT]--;
			cells[Cell.BITS] = (cells[Cell.BITS] << 8) | byte;
			if (--cells[Cell5.SECOND] > 0) continue;
			if (cells[Cell.BITS] > cells[Cell5.LEFT]) return this.reject(PROPERTY_LENGTH);
			cells[Cell.GOT] = cells[Cell.BITS];
		}
		this.step = Step5.PROPERTIES;
		return true;
	}

	/** Discards the first `size` bytes that are not kept: a property without room, or one that was not requested. */
	private discardProperty(size: number): void {
		const { received } = this;
		const end = this.cells[Cell5.END];
		const { buffer, length } = received;
		if (this.isKept(buffer[length])) received.truncate();
		if (length + size < end) buffer.copyWithin(length, length + size, end);
		this.cells[Cell5.END] = end - size;
	}

	/** Whether a property is kept if there is room. */
	private isKept(property: number): boolean {
		if (property !== Property.REASON_STRING && property !== Property.USER_PROPERTY) return true;
		return this.cells[Cell5.KEEPS_PROBLEM_INFORMATION] === 1 || this.cells[Cell.TYPE] === PacketType.PUBLISH;
	}

	/** Whether the current packet, no PUBLISH, has a property for which there was no room. */
	hasSkipped(property: number): boolean {
		return (this.cells[Cell5.SEEN] & bitOf(property)) !== 0 && this.received.locate(property) < 0;
	}

	/** Whether a property was there before, which must not come again. */
	private isRepeated(property: number): boolean {
		const bit = bitOf(property);
		if ((this.cells[Cell5.SEEN] & bit) !== 0) return true;
		this.cells[Cell5.SEEN] |= bit;
		return false;
	}

	/** What is wrong with the value of a whole property, which has `size` bytes. */
	private fault(store: Uint8Array, row: number, at: number, size: number): Reason | undefined {
		const end = at + size;
		const value = at + 1;
		switch (row & Row.FORM) {
			case Form.BYTE:
				return store[value] > 1 ? PROPERTY_VALUE : undefined;
			case Form.TWO_BYTES: {
				const number = (store[value] << 8) | store[value + 1];
				if (store[at] === Property.TOPIC_ALIAS) this.alias = number;
				if (number > 0) return undefined;
				if (store[at] === Property.TOPIC_ALIAS) return ALIAS_INVALID;
				return store[at] === Property.RECEIVE_MAXIMUM ? PROPERTY_VALUE : undefined;
			}
			case Form.FOUR_BYTES:
				if (store[at] !== Property.MAXIMUM_PACKET_SIZE) return undefined;
				return store[value] + store[value + 1] + store[value + 2] + store[value + 3] > 0
					? undefined
					: PROPERTY_VALUE;
			case Form.VARIABLE: {
				const number = variable(store, value);
				this.subscriptionIdentifier = this.subscriptionIdentifier === 0 ? number : -1;
				return number > 0 ? undefined : PROPERTY_VALUE;
			}
			case Form.STRING:
				if (!isString(store, value + 2, end)) return PROPERTY_TEXT;
				return store[at] === Property.RESPONSE_TOPIC && hasWildcard(store, value + 2, end)
					? RESPONSE_TOPIC_WILDCARD
					: undefined;
			case Form.PAIR: {
				const second = value + 2 + ((store[value] << 8) | store[value + 1]);
				return isString(store, value + 2, second) && isString(store, second + 2, end)
					? undefined
					: PROPERTY_TEXT;
			}
			default:
				return undefined;
		}
	}

	/** The next properties need no check if they are these. */
	private remember(): void {
		const { received, words, checked } = this;
		const length = received.length;
		this.lastLength = received.truncated || (length > 0 && checked === undefined) ? -1 : length;
		if (checked === undefined) return;
		let count = 0;
		for (; count << 3 < length; count++) checked[count] = words![count];
		checked[count] = Number.NaN;
		this.checkedCount = count;
	}

	/** All properties were read. */
	private endProperties(): boolean {
		const { cells } = this;
		const type = cells[Cell.TYPE];
		const remaining = cells[Cell.REMAINING];
		if (type === PacketType.PUBLISH) {
			if (this.topicLength === 0 && this.alias === 0 && !cells[Cell5.TOPIC_SKIPPED])
				return this.reject(TOPIC_EMPTY);
			this.remember();
			this.total = remaining;
			this.step = Step.PAYLOAD;
			return this.alias === 0 || this.sink.onAlias();
		}
		if (type === PacketType.SUBACK || type === PacketType.UNSUBACK) {
			if (remaining === 0) return this.reject(LENGTH);
			this.total = remaining;
			cells[Cell.CONSUMED] = 0;
			this.step = Step.CODE;
			return true;
		}
		return remaining > 0 ? this.reject(LENGTH) : this.settle();
	}
}
