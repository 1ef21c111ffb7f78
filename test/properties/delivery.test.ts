// Any interleaving of publishing, acknowledging, stalling and breaking: order is kept, nothing accepted is lost,
// nothing acknowledged is sent again, each delivery is told once.

import fc from "fast-check";
import type { IPublishPacket } from "mqtt-packet";
import { REPLACED } from "../../src/reasons.js";
import type { QoS } from "../../src/wire/protocol.js";
import { App, type Way } from "../support/app.js";
import { judge } from "../support/judge.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { Setup } from "../support/setup.js";

type Answer = (id: number) => Uint8Array;

/** What the app has published. */
interface Published {
	qos: QoS;
	topic: string;
	payload: string;
	/** Packet identifier; -1 of a reading that its Sensor publishes when it can. */
	id: number;
}

const WINDOW = 3;

/** A broker that keeps a session, and judges what it gets. Messages are numbered. */
class Broker {
	readonly setup: Setup;
	/** What was accepted, and the readings given to Sensors, which keep the newest only. */
	readonly accepted = new Map<number, Published>();
	readonly readings = new Map<number, Published>();
	/** Numbers that have arrived at least once, in the order of their first arrival. */
	readonly arrived: number[] = [];
	readonly acknowledged = new Set<number>();
	/** At QoS 0, and not there when a connection broke. */
	readonly excused = new Set<number>();
	/** Arrived on this connection and not acknowledged, PUBLISH or PUBREL. */
	private unacknowledged: { id: number; number: number; answer: Answer }[] = [];
	/** Messages at QoS 2 that PUBREC was sent for, by identifier: they must not be sent again. */
	private readonly taken = new Map<number, number>();
	/** What the broker has sent, and what it awaits. */
	readonly sent = new Map<number, "PUBACK" | "PUBREC" | "PUBCOMP" | "">();
	/** Identifiers in the order of the PUBRECs that were sent; PUBRELs of a connection must follow it. */
	private order: number[] = [];
	/** The last message of this connection, and the last reading of each Sensor: what comes must come after. */
	#last = new Map<string, number>();
	/** The first message that was published after this connection was made. */
	#first = 0;
	#open = false;
	#count = 0;
	/** One for each QoS. */
	readonly #apps: App[];

	constructor(room: number) {
		this.setup = new Setup(
			{ storeSize: 12288, window: WINDOW, packetSize: 2000, replyTimeout: 3_600_000, keepAlive: 0 },
			{ room },
		);
		this.#apps = ([0, 1, 2] as const).map((qos) => new App(this.setup.client, { qos }));
	}

	/** So many in a row: each is answered before the next one, or they are not. */
	publish({ way, topics, size, qos, count, answered }: Run): void {
		for (let i = 0; i < count; i++) {
			const number = this.#count++;
			const topic = way === "sensor" ? `sensor/${qos}` : `t/${number % topics}`;
			const payload = way === "sensor" ? `${number}` : `${number} `.padEnd(size, "x");
			const id = this.#apps[qos].publish(way, topic, payload);
			if (way === "sensor") this.readings.set(number, { qos, topic, payload, id });
			else if (id >= 0) this.accepted.set(number, { qos, topic, payload, id });
			if (answered) this.answer();
		}
	}

	/** Answers all there is: at QoS 2 twice. */
	answer(): void {
		for (let i = 0; i < 4 * WINDOW; i++) {
			this.take();
			this.acknowledge(0);
		}
	}

	take(): void {
		const { peer } = this.setup;
		if (!this.#open) return;
		for (const packet of judge(peer.take())) {
			const { cmd } = packet;
			const id = packet.messageId!;
			if (cmd === "puback" || cmd === "pubcomp") this.sent.set(id, "");
			if (cmd === "pubrec" && this.sent.get(id) !== "") {
				this.sent.set(id, "PUBCOMP");
				peer.send(PUBREL(id));
			}
			if (cmd === "pubrel") {
				const number = this.taken.get(id)!;
				expect(number).toBeDefined();
				expect(this.order.shift()).toBe(id);
				this.unacknowledged.push({ id, number, answer: PUBCOMP });
			}
			if (packet.cmd === "publish") this.hear(packet);
		}
	}

	private hear({ topic, payload, qos, dup, messageId = 0 }: IPublishPacket): void {
		const number = Number.parseInt(payload.toString(), 10);
		const reading = this.readings.get(number);
		const { id, ...published } = reading ?? this.accepted.get(number)!;
		expect({ topic, payload: payload.toString(), qos }).toEqual(published);
		if (id >= 0) expect(messageId).toBe(id);
		const order = reading === undefined ? "" : topic;
		expect(number).toBeGreaterThan(this.#last.get(order) ?? -1);
		this.#last.set(order, number);
		const again = this.arrived.includes(number);
		// What an earlier connection has lost is sent again too, and nobody here has seen it.
		if (again || number >= this.#first) expect(dup).toBe(again);
		if (qos === 0) expect([again, dup]).toEqual([false, false]);
		if (!again) this.arrived.push(number);
		if (qos === 0) return;
		expect(this.acknowledged).not.toContain(number);
		expect([...this.taken.values()]).not.toContain(number);
		expect(this.unacknowledged.map(({ id }) => id)).not.toContain(messageId);
		this.unacknowledged.push({ id: messageId, number, answer: qos === 2 ? PUBREC : PUBACK });
		expect(this.unacknowledged.length).toBeLessThanOrEqual(WINDOW);
	}

	acknowledge(which: number): void {
		if (this.unacknowledged.length === 0) return;
		const [{ id, number, answer }] = this.unacknowledged.splice(which % this.unacknowledged.length, 1);
		if (answer === PUBREC) {
			this.taken.set(id, number);
			this.order.push(id);
		} else {
			this.taken.delete(id);
			this.acknowledged.add(number);
		}
		this.setup.peer.send(answer(id));
	}

	send(qos: 1 | 2): void {
		if (!this.#open) return;
		const id = this.sent.size + 1;
		this.sent.set(id, qos === 2 ? "PUBREC" : "PUBACK");
		this.setup.peer.send(PUBLISH("in", `${id}`, { qos, id }));
	}

	/** What the client has not acknowledged on the old connection goes again. */
	connect(): void {
		if (this.#open) return;
		if (this.setup.peer.socket.closed) this.setup.redial();
		this.setup.peer.accept(true);
		this.#open = true;
		this.#first = this.#count;
		this.order = [...this.order, ...this.taken.keys()].filter((id, at, all) => all.indexOf(id) === at);
		for (const [id, awaited] of this.sent) {
			if (awaited === "PUBCOMP") this.setup.peer.send(PUBREL(id));
			else if (awaited !== "")
				this.setup.peer.send(PUBLISH("in", `${id}`, { qos: awaited === "PUBREC" ? 2 : 1, id, dup: true }));
		}
	}

	/** What was sent and not taken is lost. */
	break(): void {
		if (!this.#open) return;
		this.setup.peer.fail();
		this.#open = false;
		this.unacknowledged = [];
		this.order = [];
		this.#last.clear();
		for (const [number, { qos }] of [...this.accepted, ...this.readings])
			if (qos === 0 && !this.arrived.includes(number)) this.excused.add(number);
	}

	settle(): void {
		this.connect();
		for (let i = 0; i < 10; i++) {
			this.answer();
			this.setup.clock.advance(250);
		}
		this.take();
	}
}

/** Messages that are published one after the other. */
interface Run {
	way: Way;
	/** Topics that have their turns. */
	topics: 1 | 3;
	/** Bytes of payload. */
	size: number;
	qos: QoS;
	count: number;
	answered: boolean;
}

type Step =
	| ["publish", Run]
	| ["acknowledge", number]
	| ["send", 1 | 2]
	| ["take" | "break" | "connect" | "tick"];

function act(broker: Broker, step: Step): void {
	if (step[0] === "publish") broker.publish(step[1]);
	else if (step[0] === "send") broker.send(step[1]);
	else if (step[0] === "acknowledge") broker.acknowledge(step[1]);
	else if (step[0] === "tick") broker.setup.clock.advance(250);
	else broker[step[0]]();
}

const run: fc.Arbitrary<Run> = fc.record({
	way: fc.constantFrom<Way>("bytes", "bytes", "text", "sensor"),
	topics: fc.constantFrom(1, 1, 3),
	size: fc.constantFrom(4, 4, 30, 600, 1100, 1700),
	qos: fc.constantFrom<QoS>(0, 1, 2),
	count: fc.integer({ min: 1, max: 4 }),
	answered: fc.boolean(),
});

const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.tuple(fc.constant("publish" as const), run) },
	{ weight: 3, arbitrary: fc.tuple(fc.constant("acknowledge" as const), fc.nat(2)) },
	{ weight: 3, arbitrary: fc.constant<Step>(["take"]) },
	{ weight: 1, arbitrary: fc.tuple(fc.constant("send" as const), fc.constantFrom<1 | 2>(1, 2)) },
	...(["break", "connect", "connect", "tick"] as const).map((name) => ({
		weight: 1,
		arbitrary: fc.constant<Step>([name]),
	})),
);

/** By default fast-check makes up ten at most. */
const steps = fc.array(step, { maxLength: 60, size: "max" });

test("whatever happens, in whatever order", () => {
	fc.assert(
		fc.property(steps, fc.constantFrom(1100, 1536, 5000), fc.boolean(), (steps, room, atOnce) => {
			const broker = new Broker(room);
			if (atOnce) broker.connect();
			for (const each of steps) act(broker, each);
			broker.settle();
			const { accepted, readings, excused, acknowledged } = broker;
			const arrived = new Set(broker.arrived);
			const inOrder = broker.arrived.filter((number) => accepted.has(number));
			expect(inOrder).toEqual([...inOrder].sort((one, other) => one - other));
			for (const number of accepted.keys())
				expect([arrived, excused].some((them) => them.has(number))).toBe(true);
			// Of each Sensor the newest at least.
			const newest = new Map([...readings].map(([number, { topic }]) => [topic, number]));
			for (const number of newest.values())
				expect([arrived, excused].some((them) => them.has(number))).toBe(true);
			const all = new Map([...accepted, ...readings]);
			expect(acknowledged).toEqual(new Set(broker.arrived.filter((number) => all.get(number)!.qos > 0)));
			const { statistics } = broker.setup.client;
			const told = (what: string) => broker.setup.log.filter((line) => line.startsWith(what));
			expect(statistics.delivered).toBe(acknowledged.size);
			expect(told("delivered").length).toBe(acknowledged.size);
			expect(broker.setup.place.overruns).toBe(0);
			expect(statistics.dropped).toBe(told("dropped").length);
			expect(told("dropped").filter((line) => !line.endsWith(`${REPLACED}`))).toEqual([]);
			for (const awaited of broker.sent.values()) expect(awaited).toBe("");
			// Nothing that was sent at QoS 2 is heard twice.
			const heard = told("message").filter((line) => line.includes("qos2"));
			expect(new Set(heard.map((line) => line.replace(" dup", ""))).size).toBe(heard.length);
		}),
		{ numRuns: 300 },
	);
});
