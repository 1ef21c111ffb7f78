// Newest per topic, as apps have it: an owner's message that was never sent gives way to the next one. Whatever happens,
// each message that was accepted is sent or told to have been replaced, and never both.

import fc from "fast-check";
import mqtt from "mqtt-packet";
import { NO_ROOM, type PayloadWriter } from "../../src/client.js";
import { REPLACED, SESSION_LOST } from "../../src/connection/reasons.js";
import type { QoS } from "../../src/index.js";
import type { Reason } from "../../src/wire/reason.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

const topic = new Topic("t");
const bytesOf = (text: string) => Buffer.from(text, "latin1");

function writes(text: string, within?: () => void): PayloadWriter {
	return {
		write(bytes, at) {
			within?.();
			bytes.set(bytesOf(text), at);
			return at + text.length;
		},
	};
}

type How = "well" | "throws" | "too far" | "publishes";

type Step =
	| { act: "own"; owner: number; qos: QoS; length: number; how: How }
	| { act: "plain"; qos: QoS; length: number; way: "publish" | "publishFrom" }
	| { act: "take"; bytes: number }
	| { act: "answer" }
	| { act: "break"; session: boolean; offline: boolean };

interface Published {
	owner: number;
	qos: QoS;
	id: number;
	text: string;
}

/** Bytes of topic name and payload that are set aside for each owner. */
const ASIDE = [0, 0, 1 + 40];

class Trial {
	readonly setup: Setup;
	private readonly owners: number[];
	private readonly published: Published[] = [];
	private readonly replaced = new Set<Published>();
	private readonly finished = new Set<Published>();
	/** Identifiers that were told to have given way, within the call at hand. */
	private told: number[] = [];
	private parser = mqtt.parser({ protocolVersion: 4 });
	private answers: Uint8Array[] = [];
	private count = 0;
	private lost = 0;
	/** How often what was to be seen happened. */
	static seen = { replaced: 0, refused: 0, aside: 0, gaveWay: 0 };

	constructor(options: object, quirks: object) {
		this.setup = new Setup(
			{
				window: 2,
				packetSize: 64,
				keepAlive: 0,
				...options,
				onDelivered: (id) => this.finish(id),
				onDropped: (id, reason) => {
					if (reason === REPLACED) this.told.push(id);
					else this.lose(id, reason);
				},
			},
			quirks,
		);
		this.owners = ASIDE.map((bytes) => this.setup.client.owner(bytes));
		this.accept(false);
	}

	private finish(id: number): void {
		const it = this.published.findLast((it) => it.id === id)!;
		expect(it.qos).toBeGreaterThan(0);
		this.finished.add(it);
	}

	private lose(id: number, reason: Reason): void {
		expect(reason).toBe(SESSION_LOST);
		this.lost++;
		this.finish(id);
	}

	/** Everything that was ever written, on any connection. */
	private get wire(): string {
		return this.setup.place.peers
			.flatMap(({ writes }) => writes)
			.map((write) => Buffer.from(write).toString("latin1"))
			.join("");
	}

	private accept(session: boolean): void {
		this.parser = mqtt.parser({ protocolVersion: 4 });
		this.answers = [];
		this.parser.on("packet", (packet) => {
			const { cmd, messageId: id = 0 } = packet;
			if (cmd === "pubrel") this.answers.push(PUBCOMP(id));
			else if (cmd === "publish" && packet.qos > 0)
				this.answers.push(packet.qos === 1 ? PUBACK(id) : PUBREC(id));
		});
		// What waits may go together with CONNECT.
		this.parser.parse(Buffer.from(this.setup.peer.accept(session)));
	}

	private take(bytes: number): void {
		this.parser.parse(Buffer.from(this.setup.peer.takeSome(bytes)));
	}

	private answer(): void {
		this.take(Number.POSITIVE_INFINITY);
		for (const answer of this.answers.splice(0)) this.setup.peer.send(answer);
	}

	private break(session: boolean, offline: boolean): void {
		const { setup } = this;
		if (!setup.peer.socket.closed) setup.peer.fail();
		if (offline) return;
		setup.redial();
		this.accept(session);
	}

	act(step: Step): void {
		if (step.act === "own") this.own(step.owner, step.qos, step.length, step.how);
		else if (step.act === "plain") this.plain(step.qos, step.length, step.way);
		else if (step.act === "break") this.break(step.session, step.offline);
		else if (this.setup.peer.socket.closed) return;
		else if (step.act === "take") this.take(step.bytes);
		else this.answer();
	}

	private own(index: number, qos: QoS, length: number, how: How): void {
		const { client } = this.setup;
		const text = padded(`<${this.count++}>`, length);
		const before = this.wire;
		const mine = this.published.filter((it) => it.owner === index && !this.replaced.has(it));
		const waiting = mine.filter((it) => !before.includes(it.text.slice(0, it.text.indexOf(">") + 1)));
		expect(waiting.length).toBeLessThanOrEqual(1);
		const within: number[] = [];
		const publish = () =>
			client.publishWith(
				topic,
				qos,
				false,
				{
					write: (bytes, at, limit) => {
						if (how === "publishes") within.push(...this.publishAll(this.owners[index]));
						if (how === "throws") throw new RangeError("mine");
						bytes.set(bytesOf(text), at);
						return how === "too far" ? limit + 1 : at + length;
					},
				},
				this.owners[index],
			);
		const { held } = client;
		if (how === "throws" || how === "too far") {
			expect(publish).toThrow(RangeError);
			expect([this.told, client.held]).toEqual([[], held]);
			return;
		}
		const id = publish();
		expect(within).toEqual(within.map(() => NO_ROOM));
		const told = this.told.splice(0);
		if (id === NO_ROOM) {
			Trial.seen.refused++;
			// Nothing is lost, and what has room of its own is refused only while that is taken by what was sent.
			expect([told, client.held]).toEqual([[], held]);
			const fits = ASIDE[index] >= 1 + length;
			if (fits) expect(mine.every((it) => waiting.includes(it) || this.isDone(it, before))).toBe(false);
			return;
		}
		if (ASIDE[index] > 0) Trial.seen.aside++;
		if (waiting.length > 0) {
			Trial.seen.replaced++;
			expect(told.pop()).toBe(waiting[0].id);
			this.replaced.add(waiting[0]);
		}
		this.othersGaveWay(told, before);
		this.published.push({ owner: index, qos, id, text });
	}

	/** Whether it has left the store. */
	private isDone(it: Published, wire: string): boolean {
		return this.finished.has(it) || (it.qos === 0 && wire.includes(it.text));
	}

	/** Publishes in each way, the last message's too. */
	private publishAll(owner: number): number[] {
		const { client } = this.setup;
		return [
			client.publish(topic, bytesOf("within"), 0),
			client.publish("t", "within", 1),
			client.publishWith(topic, 1, false, writes("within"), owner),
			client.publishFrom(topic, 6, () => 6, 2),
		];
	}

	private plain(qos: QoS, length: number, way: "publish" | "publishFrom"): void {
		const { client } = this.setup;
		const text = padded(`<${this.count++}>`, length);
		const before = this.wire;
		const { held } = client;
		const id =
			way === "publish"
				? client.publish(topic, bytesOf(text), qos)
				: client.publishFrom(
						text.slice(0, text.indexOf(">") + 1), // it is sent before the payload
						length,
						(offset, view) => {
							const part = bytesOf(text).subarray(offset, offset + view.length);
							view.set(part);
							return part.length;
						},
						qos,
					);
		const told = this.told.splice(0);
		if (id === NO_ROOM) expect([told, client.held]).toEqual([[], held]);
		else {
			this.othersGaveWay(told, before);
			this.published.push({ owner: -1, qos, id, text });
		}
	}

	/** Only those without an owner that were never sent, the oldest first. */
	private othersGaveWay(told: number[], before: string): void {
		for (const id of told) {
			const oldest = this.published.find(
				(it) =>
					it.owner === -1 &&
					!this.replaced.has(it) &&
					!before.includes(it.text.slice(0, it.text.indexOf(">") + 1)),
			)!;
			expect(id).toBe(oldest.id);
			this.replaced.add(oldest);
			Trial.seen.gaveWay++;
		}
	}

	/** Delivers the rest; all that was accepted and not replaced has been sent, and nothing else. */
	end(): void {
		const { setup } = this;
		this.break(true, false);
		for (let i = 0; i < 400 && setup.client.held > 0; i++) {
			this.answer();
			setup.clock.advance(250);
		}
		expect(setup.client.held).toBe(0);
		const { wire } = this;
		const seen = this.published.map((it) => wire.includes(it.text));
		expect(seen).toEqual(this.published.map((it) => !this.replaced.has(it)));
		for (let n = 0; n < this.count; n++)
			if (!this.published.some((it) => it.text.startsWith(`<${n}>`))) expect(wire).not.toContain(`<${n}>`);
		expect(wire).not.toContain("within");
		expect(setup.client.statistics.dropped).toBe(this.replaced.size + this.lost);
	}
}

test.each(["refuse", "dropOldest"] as const)("any mixture, when full: %s", (whenFull) => {
	const qos = fc.constantFrom<QoS>(0, 1, 2);
	const length = fc.constantFrom(8, 9, 12, 20, 40, 50);
	const steps = fc.array(
		fc.oneof(
			{
				weight: 6,
				arbitrary: fc.record({
					act: fc.constant("own" as const),
					owner: fc.nat(2),
					qos,
					length,
					how: fc.constantFrom<How>("well", "well", "well", "well", "throws", "too far", "publishes"),
				}),
			},
			{
				weight: 3,
				arbitrary: fc.record({
					act: fc.constant("plain" as const),
					qos,
					length,
					way: fc.constantFrom("publish" as const, "publish" as const, "publishFrom" as const),
				}),
			},
			fc.record({ act: fc.constant("take" as const), bytes: fc.constantFrom(7, 30, 1000) }),
			{ weight: 2, arbitrary: fc.constant<Step>({ act: "answer" }) },
			fc.record({ act: fc.constant("break" as const), session: fc.boolean(), offline: fc.boolean() }),
		),
		{ maxLength: 40, size: "max" },
	);
	const quirks = fc.record({
		room: fc.constantFrom(40, 100, 1536),
		segments: fc.constantFrom(1, 3, 100),
		overwrites: fc.boolean(),
	});
	Trial.seen = { replaced: 0, refused: 0, aside: 0, gaveWay: 0 };
	fc.assert(
		fc.property(steps, quirks, fc.boolean(), (chosen, quirks, pipelining) => {
			const trial = new Trial({ storeSize: 256, whenFull, pipelining }, quirks);
			for (const step of chosen) trial.act(step as Step);
			trial.end();
		}),
		{ numRuns: 300 },
	);
	const never = Object.entries(Trial.seen).filter(([, count]) => count === 0);
	expect(never.map(([what]) => what)).toEqual(whenFull === "refuse" ? ["gaveWay"] : []);
});

describe("a message of an owner", () => {
	const publish = (setup: Setup, owner: number, text: string, qos: QoS = 1) =>
		setup.client.publishWith(topic, qos, false, writes(text), owner);

	test("leaves what it does not need of the room set aside to the next one, not to others", () => {
		const setup = new Setup({ storeSize: 256, window: 1 });
		const owner = setup.client.owner(1 + 40);
		publish(setup, owner, "short");
		while (setup.client.publish("t", "x", 1) !== NO_ROOM);
		for (const length of [40, 5, 40, 39])
			expect(publish(setup, owner, padded("mine", length))).toBeGreaterThan(0);
		expect(setup.client.publish("t", "x", 1)).toBe(NO_ROOM);
		expect(setup.news().length).toBe(4);
		// In flight it has the room; then the room is whole again.
		setup.peer.accept();
		for (let id = 1; setup.client.held > 0; id++) {
			setup.peer.take();
			setup.peer.send(PUBACK(id));
		}
		while (setup.client.publish("t", "x", 1) !== NO_ROOM);
		expect(publish(setup, owner, padded("mine", 40))).toBeGreaterThan(0);
	});

	test.each([0, 1, 2] as QoS[])("at QoS %d, half sent when the connection broke, is not replaced", (qos) => {
		const setup = connected({ packetSize: 200 }, { room: 64 });
		const owner = setup.client.owner();
		const [half, next, last] = ["half", "next", "last"].map((text) => padded(text, 150));
		expect(publish(setup, owner, half, qos)).toBe(qos && 1);
		expect(setup.peer.takeSome(64)).toHaveLength(64);
		setup.peer.fail();
		setup.news();
		expect(publish(setup, owner, next, qos)).toBe(qos && 2);
		expect(publish(setup, owner, last, qos)).toBe(qos && 3);
		expect(setup.news()).toEqual([`dropped ${qos && 2} ${REPLACED}`]);
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", half, { qos, id: qos && 1, dup: qos > 0 }),
				PUBLISH("t", last, { qos, id: qos && 3 }),
			);
	});

	test.each([0, 1, 2] as QoS[])("at QoS %d, sent with CONNECT, is not replaced", (qos) => {
		const setup = new Setup({ pipelining: true });
		const owner = setup.client.owner();
		publish(setup, owner, "sent", qos);
		setup.peer.open();
		publish(setup, owner, "next", qos);
		setup.peer.fail();
		publish(setup, owner, "last", qos);
		expect(setup.news().filter((line) => line.startsWith("dropped"))).toEqual([
			`dropped ${qos && 2} ${REPLACED}`,
		]);
	});

	test.each<[string, PayloadWriter]>([
		[
			"throws",
			{
				write() {
					throw new RangeError("mine");
				},
			},
		],
		["is too long", { write: (_bytes, _at, limit) => limit + 1 }],
		["ends before it begins", { write: (_bytes, at) => at - 1 }],
	])("stays when the next one %s", (_what, wrong) => {
		const setup = new Setup();
		const owner = setup.client.owner(1 + 40);
		publish(setup, owner, "old");
		expect(() => setup.client.publishWith(topic, 1, false, wrong, owner)).toThrow(RangeError);
		expect([setup.news(), setup.client.held]).toEqual([[], 1]);
		expect(publish(setup, owner, "new")).toBe(2);
		expect(setup.news()).toEqual([`dropped 1 ${REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "new", { qos: 1, id: 2 }));
	});

	test("stays, and is delivered, when a larger one finds no room; that one is accepted when it is told", () => {
		const size = storeFor(1, "t", 20);
		const setup: Setup = connected({
			storeSize: 3 * size,
			window: 1,
			onWritable: () => setup.log.push(`writable ${publish(setup, owner, padded("larger", 40))}`),
		});
		const { client, peer } = setup;
		const owner = client.owner();
		client.publish("t", padded("a", 20), 1);
		client.publish("t", padded("b", 20), 1);
		expect(publish(setup, owner, padded("old", 20))).toBe(3);
		expect(publish(setup, owner, padded("larger", 40))).toBe(NO_ROOM);
		expect([setup.news(), client.held, client.statistics.refused]).toEqual([[], 3, 1]);
		peer.take();
		peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1", `dropped 3 ${REPLACED}`, "writable 4"]);
		peer.send(PUBACK(2));
		peer.expect(
			PUBLISH("t", padded("b", 20), { qos: 1, id: 2 }),
			PUBLISH("t", padded("larger", 40), { qos: 1, id: 4 }),
		);
	});

	test("is not found in its own writing, nor is the short way of the message before it", () => {
		for (const setup of [connected(), new Setup()]) {
			const { client, peer } = setup;
			const owner = client.owner();
			const payload = Uint8Array.of(0x31);
			for (const qos of [0, 1] as QoS[]) {
				client.publish(topic, payload, qos, false);
				client.publish(topic, payload, qos, false);
				const answers: number[] = [];
				const id = client.publishWith(
					topic,
					qos,
					false,
					writes("2", () => {
						answers.push(client.publish(topic, payload, qos, false));
						answers.push(publish(setup, owner, "3", qos));
						answers.push(client.publish(topic, payload, qos, false));
					}),
					owner,
				);
				expect(answers).toEqual([NO_ROOM, NO_ROOM, NO_ROOM]);
				expect(id).toBeGreaterThanOrEqual(0);
			}
			if (client.statistics.connects === 0) peer.accept();
			const sent = Buffer.from(peer.take());
			expect(sent.includes(Buffer.from(PUBLISH("t", "2", { qos: 1, id: 3 })))).toBe(true);
			expect(sent.includes("3", 0, "latin1")).toBe(false);
		}
	});
});
