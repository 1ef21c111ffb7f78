// Any interleaving of publishing, acknowledging, stalling and breaking: order is kept, nothing accepted is lost,
// nothing acknowledged is sent again, each delivery is told once.

import fc from "fast-check";
import type { IPublishPacket } from "mqtt-packet";
import type { QoS } from "../../src/wire/protocol.js";
import { judge } from "../support/judge.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { Setup } from "../support/setup.js";

type Answer = (id: number) => Uint8Array;

/** A broker that keeps a session, and judges what it gets. */
class Broker {
	readonly setup: Setup;
	/** Payloads that were accepted at QoS 1 and 2, in order. */
	readonly accepted: string[] = [];
	/** Payloads that have arrived at least once, in the order of their first arrival. */
	readonly arrived: string[] = [];
	readonly acknowledged = new Set<string>();
	/** Arrived on this connection and not acknowledged, PUBLISH or PUBREL. */
	unacknowledged: { id: number; payload: string; answer: Answer }[] = [];
	/** Messages at QoS 2 that PUBREC was sent for, by identifier: they must not be sent again. */
	readonly taken = new Map<number, string>();
	/** What the broker has sent, and what it awaits. */
	readonly sent = new Map<number, "PUBACK" | "PUBREC" | "PUBCOMP" | "">();
	/** Identifiers in the order of the PUBRECs that were sent; PUBRELs of a connection must follow it. */
	private order: number[] = [];
	/** The last payload of this connection, by acceptance: what comes must come after. */
	#last = -1;
	#open = false;

	constructor(room: number) {
		this.setup = new Setup(
			{ packets: 6, window: 3, packetSize: 2000, replyTimeout: 3_600_000, keepAlive: 0 },
			{ room },
		);
	}

	publish(size: number, qos: QoS): void {
		const payload = `${this.accepted.length} `.padEnd(size, "x");
		const id = this.setup.client.publish("t", qos === 0 ? "zero" : payload, qos);
		if (id > 0) this.accepted.push(payload);
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
				const payload = this.taken.get(id)!;
				expect(payload).toBeDefined();
				expect(this.order.shift()).toBe(id);
				this.unacknowledged.push({ id, payload, answer: PUBCOMP });
			}
			if (packet.cmd !== "publish" || packet.qos === 0) continue;
			const { payload: bytes, messageId, dup, qos } = packet as IPublishPacket;
			const payload = bytes.toString();
			const index = this.accepted.indexOf(payload);
			expect(index).toBeGreaterThan(this.#last);
			this.#last = index;
			expect(this.acknowledged).not.toContain(payload);
			expect([...this.taken.values()]).not.toContain(payload);
			if (!this.arrived.includes(payload)) this.arrived.push(payload);
			else expect(dup).toBe(true);
			expect(this.unacknowledged.map(({ id }) => id)).not.toContain(messageId);
			this.unacknowledged.push({ id: messageId!, payload, answer: qos === 2 ? PUBREC : PUBACK });
			expect(this.unacknowledged.length).toBeLessThanOrEqual(3);
		}
	}

	acknowledge(which: number): void {
		if (this.unacknowledged.length === 0) return;
		const [{ id, payload, answer }] = this.unacknowledged.splice(which % this.unacknowledged.length, 1);
		if (answer === PUBREC) {
			this.taken.set(id, payload);
			this.order.push(id);
		} else {
			this.taken.delete(id);
			this.acknowledged.add(payload);
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
		this.#last = -1;
	}

	settle(): void {
		this.connect();
		for (let i = 0; i < 100; i++) {
			this.take();
			this.acknowledge(0);
		}
		this.take();
	}
}

type Step =
	| ["publish", number, QoS]
	| ["acknowledge", number]
	| ["send", 1 | 2]
	| ["take" | "break" | "connect" | "tick"];

function run(broker: Broker, step: Step): void {
	if (step[0] === "publish") broker.publish(step[1], step[2]);
	else if (step[0] === "send") broker.send(step[1]);
	else if (step[0] === "acknowledge") broker.acknowledge(step[1]);
	else if (step[0] === "tick") broker.setup.clock.advance(250);
	else broker[step[0]]();
}

const size = fc.constantFrom(3, 30, 600, 1100, 1700);
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.tuple(fc.constant("publish" as const), size, fc.constantFrom<QoS>(0, 1, 2)),
	},
	{ weight: 3, arbitrary: fc.tuple(fc.constant("acknowledge" as const), fc.nat(2)) },
	{ weight: 3, arbitrary: fc.constant<Step>(["take"]) },
	{ weight: 1, arbitrary: fc.tuple(fc.constant("send" as const), fc.constantFrom<1 | 2>(1, 2)) },
	...(["break", "connect", "connect", "tick"] as const).map((name) => ({
		weight: 1,
		arbitrary: fc.constant<Step>([name]),
	})),
);

test("whatever happens, in whatever order", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1100, 1536, 5000), (steps, room) => {
			const broker = new Broker(room);
			for (const each of steps) run(broker, each);
			broker.settle();
			expect(broker.arrived).toEqual(broker.accepted);
			expect(broker.acknowledged.size).toBe(broker.accepted.length);
			const { statistics } = broker.setup.client;
			const told = broker.setup.log.filter((line) => line.startsWith("delivered"));
			expect(statistics.delivered).toBe(broker.accepted.length);
			expect(told.length).toBe(broker.accepted.length);
			expect(statistics.dropped).toBe(0);
			for (const awaited of broker.sent.values()) expect(awaited).toBe("");
			// Nothing that was sent at QoS 2 is heard twice.
			const heard = broker.setup.log.filter((line) => line.startsWith("message") && line.includes("qos2"));
			expect(new Set(heard.map((line) => line.replace(" dup", ""))).size).toBe(heard.length);
		}),
		{ numRuns: 300 },
	);
});
