// Messages of all kinds in any order, on slow lines that break, to brokers that grant this and that: each packet is read
// by mqtt-packet, and judged.

import { MESSAGE_EXPIRED, Properties } from "../../../src/v5.js";
import { Topic } from "../../../src/wire/topic.js";
import { Random } from "../../delivery/random.js";
import { judge } from "../../support/judge.js";
import { type ConnackProperties, Setup5 } from "../../support/setup5.js";

interface Message {
	/** At the head of its payload. */
	serial: number;
	topic: string;
	qos: number;
	retain: boolean;
	size: number;
	properties: Properties | undefined;
	acceptedAt: number;
	/** Its packet identifier; 0 at QoS 0. */
	id: number;
	/** All of it was sent on some connection. */
	sent: boolean;
	/** PUBREC was sent for it. */
	taken: boolean;
	/** Delivered, or dropped. */
	over: boolean;
}

const PROPERTIES = [
	undefined,
	undefined,
	new Properties({ contentType: "text" }),
	new Properties({ messageExpiry: 3 }),
	new Properties({ messageExpiry: 500, userProperties: [["n", "v".repeat(60)]] }),
	new Properties({ correlationData: "c".repeat(130), responseTopic: "re" }),
];

const TOPICS = ["a", "some/topic", "another/topic", "one/more", "the/last/of/them"].map(
	(name) => new Topic(name),
);

/** Bytes of the first packet; 0: it is not there whole. */
function packetLength(bytes: readonly number[]): number {
	let length = 0;
	for (let i = 1; i < Math.min(5, bytes.length); i++) {
		length |= (bytes[i] & 127) << (7 * (i - 1));
		if (bytes[i] < 128) return bytes.length > i + length ? i + 1 + length : 0;
	}
	return 0;
}

class Trial {
	readonly random: Random;
	readonly setup: Setup5;
	readonly window: number;
	readonly messages: Message[] = [];
	granted: Exclude<ConnackProperties, undefined> = {};
	sessionPresent = false;
	connects = 0;
	/** Of what was sent on this connection: bytes of a packet that is not yet whole. */
	stream: number[] = [];
	readonly aliases = new Map<number, string>();
	/** Messages of this connection that are not answered to the end. */
	readonly open = new Set<Message>();
	/** Answers that are owed. */
	answers: (() => void)[] = [];
	last = -1;
	/** Each of these happens. */
	readonly counts: { [name: string]: number } = {};

	constructor(seed: number) {
		this.random = new Random(seed);
		const { random } = this;
		this.window = random.from(1, 6);
		this.setup = new Setup5(
			{
				packetSize: random.from(20, 300),
				storeSize: random.from(300, 3000) & ~3,
				window: this.window,
				topicAliases: random.from(0, 4),
				replyTimeout: 3_600_000,
				keepAlive: 0,
				connectTimeout: 3_600_000,
				onDelivered: (id) => this.end(id, "delivered"),
				onDropped: (id, reason) => this.end(id, reason === MESSAGE_EXPIRED ? "expired" : "unservable"),
			},
			undefined,
			{ room: random.from(10, 400) },
		);
	}

	run(steps: number): this {
		this.connect();
		for (let i = 0; i < steps; i++) this.step();
		// All that is left goes out in the end.
		this.granted = {};
		this.setup.peer.fail();
		this.setup.redial();
		this.connect({});
		for (let i = 0; i < 5000 && this.setup.client.held > 0; i++) this.receive(1000, true);
		expect(this.setup.client.held).toBe(0);
		for (const it of this.messages) if (it.qos > 0) expect(it.over).toBe(true);
		return this;
	}

	private pick(count: number): number {
		return this.random.from(0, count - 1);
	}

	private count(what: string): void {
		this.counts[what] = (this.counts[what] ?? 0) + 1;
	}

	private step(): void {
		const dice = this.pick(100);
		if (dice < 45) this.publish();
		else if (dice < 85) this.receive(this.random.from(1, 300), this.pick(4) > 0);
		else if (dice < 95) this.setup.clock.advance(this.random.from(1, 1500));
		else if (dice < 97) {
			this.setup.peer.fail();
			for (let i = this.pick(4); i > 0; i--) this.publish();
			this.setup.redial();
			this.connect();
		}
	}

	private end(id: number, how: string): void {
		this.count(how);
		if (id === 0) return;
		const message = this.messages.find((it) => it.id === id && !it.over)!;
		if (how === "expired" && message.sent) throw new Error(`${id} has expired, though it was sent`);
		if (how === "delivered" && !message.sent) throw new Error(`${id} is delivered, though it was not sent`);
		message.over = true;
	}

	private connect(granted?: ConnackProperties): void {
		const { setup } = this;
		this.granted = granted ?? {
			receiveMaximum: this.random.from(1, 8),
			...(this.pick(6) === 0 && { maximumQoS: 1 }),
			...(this.pick(6) === 0 && { retainAvailable: false }),
			...(this.pick(3) === 0 && { maximumPacketSize: this.random.from(60, 250) }),
			topicAliasMaximum: this.pick(5),
		};
		this.sessionPresent = this.connects++ > 0 && this.pick(4) > 0;
		if (!this.sessionPresent) for (const it of this.messages) if (it.taken && !it.over) it.sent = true;
		this.stream = [];
		this.aliases.clear();
		this.open.clear();
		this.answers = [];
		this.last = -1;
		setup.accept(this.sessionPresent, this.granted);
		this.count(this.sessionPresent ? "session present" : "no session");
	}

	private publish(): void {
		const topic = this.random.pick(TOPICS);
		const serial = this.messages.length;
		const qos = this.pick(3);
		const retain = this.pick(8) === 0;
		const properties = this.random.pick(PROPERTIES);
		const size = this.pick(3) > 0 ? 2 + this.pick(20) : 2 + this.pick(200);
		const payload = new Uint8Array(size).fill(serial);
		payload[0] = serial >> 8;
		payload[1] = serial;
		const message: Message = {
			serial,
			topic: topic.name,
			qos,
			retain,
			size,
			properties,
			acceptedAt: this.setup.clock.ticks(),
			id: 0,
			sent: false,
			taken: false,
			over: false,
		};
		this.messages.push(message);
		let id: number;
		try {
			id = this.hand(message, topic, payload);
		} catch (error) {
			// Options that leave no room for it.
			expect(String(error)).toMatch(/does not fit|must end between/);
			id = -1;
		}
		if (id < 0) this.messages.pop();
		message.id = id;
		this.count(id < 0 ? `refused ${id}` : `accepted ${qos}`);
	}

	private hand(
		{ qos, retain, properties, serial, size }: Message,
		topic: Topic,
		payload: Uint8Array,
	): number {
		const { client } = this.setup;
		const way = this.pick(6);
		if (way === 0)
			return client.publishFrom(
				topic,
				size,
				(offset, view) => {
					const part = payload.subarray(offset, offset + view.length);
					view.set(part);
					return part.length;
				},
				qos as 0,
				retain,
				properties,
			);
		if (way === 1)
			return client.publishWith(
				topic,
				qos as 0,
				retain,
				{
					write(bytes, at) {
						bytes.set(payload.subarray(0, Math.max(0, bytes.length - at)), at);
						return at + payload.length;
					},
				},
				0,
				properties,
			);
		const text = way === 2 && payload.every((byte) => byte < 128 && serial < 128);
		return client.publish(
			way === 3 ? topic.name : topic,
			text ? String.fromCharCode(...payload) : payload,
			qos as 0,
			retain,
			properties,
		);
	}

	/** Takes bytes off the line, and answers. */
	private receive(most: number, answers: boolean): void {
		this.stream.push(...this.setup.peer.takeSome(most));
		for (let length = packetLength(this.stream); length > 0; length = packetLength(this.stream)) {
			const packet = Uint8Array.from(this.stream.splice(0, length));
			this.take(packet);
		}
		if (answers) for (const answer of this.answers.splice(0)) answer();
	}

	private take(bytes: Uint8Array): void {
		const [packet] = judge(bytes, 5);
		const { granted, setup } = this;
		expect(bytes.length).toBeLessThanOrEqual(granted.maximumPacketSize ?? Number.POSITIVE_INFINITY);
		if (packet.cmd === "pubrel") {
			const id = packet.messageId!;
			this.answers.push(() => {
				for (const it of this.open) if (it.id === id) this.open.delete(it);
				setup.acknowledge("pubcomp", id);
			});
			return;
		}
		if (packet.cmd !== "publish") throw new Error(`a ${packet.cmd}`);
		const payload = packet.payload as Buffer;
		const message = this.messages[(payload[0] << 8) | payload[1]];
		const { serial, qos, retain, size, id, sent, taken } = message;
		expect([payload.length, payload.subarray(2).every((byte) => byte === (serial & 255))]).toEqual([
			size,
			true,
		]);
		expect([packet.qos, packet.retain, packet.messageId ?? 0]).toEqual([qos, retain, id]);
		expect(packet.qos).toBeLessThanOrEqual(granted.maximumQoS ?? 2);
		expect(packet.retain && granted.retainAvailable === false).toBe(false);
		// In order, on each connection.
		expect(serial).toBeGreaterThan(this.last);
		this.last = serial;
		const { topicAlias, messageExpiryInterval, ...others } = packet.properties ?? {};
		let { topic } = packet;
		if (topicAlias !== undefined) {
			expect(topicAlias).toBeGreaterThan(0);
			expect(topicAlias).toBeLessThanOrEqual(granted.topicAliasMaximum ?? 0);
			if (topic.length > 0) this.aliases.set(topicAlias, topic);
			else topic = this.aliases.get(topicAlias)!;
			this.count(packet.topic.length > 0 ? "an alias is set" : "an alias is used");
		}
		expect(topic).toBe(message.topic);
		this.compareProperties(message, others, messageExpiryInterval);
		if (qos === 0) {
			expect(sent).toBe(false);
			message.sent = true;
			return;
		}
		expect(message.over).toBe(false);
		if (this.sessionPresent && taken) throw new Error(`${id} goes again after PUBREC`);
		if (!packet.dup || !sent) expect(packet.dup && !this.sessionPresent).toBe(false);
		if (sent) {
			expect(packet.dup).toBe(this.sessionPresent);
			this.count("goes again");
		}
		message.sent = true;
		this.open.add(message);
		expect(this.open.size).toBeLessThanOrEqual(Math.min(this.window, granted.receiveMaximum ?? 65_535));
		this.answers.push(() => {
			if (qos === 2) message.taken = true;
			else this.open.delete(message);
			setup.acknowledge(qos === 1 ? "puback" : "pubrec", id);
		});
	}

	private compareProperties(
		{ properties, acceptedAt }: Message,
		others: object,
		expiry: number | undefined,
	): void {
		const wanted = PROPERTIES.indexOf(properties);
		const text = ["", "", "contentType", "", "userProperties", "correlationData,responseTopic"][wanted];
		expect(Object.keys(others).sort().join()).toBe(text);
		if (properties === undefined || properties.messageExpiry < 0) {
			expect(expiry).toBeUndefined();
			return;
		}
		// It stands in a packet that may have waited for the line since it was composed.
		const past = (this.setup.clock.ticks() - acceptedAt) / 1000;
		expect(expiry).toBeLessThanOrEqual(properties.messageExpiry);
		expect(expiry).toBeGreaterThanOrEqual(Math.max(1, Math.floor(properties.messageExpiry - past)));
	}
}

test("everything that is accepted is sent as it was published, and ends once", () => {
	const sums: { [name: string]: number } = {};
	for (let seed = 1; seed <= 60; seed++) {
		try {
			const { counts } = new Trial(seed).run(200);
			for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
		} catch (error) {
			throw new Error(`seed ${seed}`, { cause: error });
		}
	}
	expect(Object.keys(sums).sort()).toEqual([
		"accepted 0",
		"accepted 1",
		"accepted 2",
		"an alias is set",
		"an alias is used",
		"delivered",
		"expired",
		"goes again",
		"no session",
		"refused -1",
		"refused -5",
		"refused -6",
		"refused -7",
		"session present",
		"unservable",
	]);
});
