// Whatever a server sends: cut and framed in any way it is the same MQTT; broken in any way it does no harm.

import fc from "fast-check";
import * as reasons from "../../../src/transport/websocket/reasons.js";
import { Reason } from "../../../src/wire/reason.js";
import { concat, PUBLISH } from "../../support/packets.js";
import { carryOver } from "../../support/place.js";
import { connected } from "../../support/setup.js";
import { ACCEPTANCE, FRAME, PING, PONG, textOf } from "../../support/websocket.js";
import { numbers, type WebSocketPeer, webSocketCarrier } from "../../support/websocket-peer.js";
import { Line } from "./line.js";

const body = (most: number) => fc.uint8Array({ maxLength: most });
const message = fc.array(body(200), { minLength: 1, maxLength: 4 });
const control = fc.record({ opcode: fc.constantFrom(PING, PONG), body: body(125) });
/** A message in fragments, each with control frames in front. */
const part = fc.record({ fragments: message, controls: fc.array(control, { maxLength: 2 }) });

type Part = typeof part extends fc.Arbitrary<infer T> ? T : never;

/** The frames, what they hold, and the pings among them. */
function written(parts: readonly Part[]) {
	const frames: Uint8Array[] = [];
	const held: Uint8Array[] = [];
	const pings: string[] = [];
	for (const { fragments, controls } of parts)
		fragments.forEach((fragment, i) => {
			for (const { opcode, body } of controls) {
				frames.push(FRAME(body, { opcode }));
				if (opcode === PING) pings.push(textOf(body));
			}
			frames.push(FRAME(fragment, { opcode: i === 0 ? 2 : 0, fin: i === fragments.length - 1 }));
			held.push(fragment);
		});
	return { frames: concat(frames), held: concat(held), pings };
}

/** Sends bytes cut at these places. */
function sendCut(line: Line, bytes: Uint8Array, cuts: readonly number[]): void {
	const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
	line.peer.sendCut(bytes, places);
}

test("any framing, cut anywhere, read in any pieces and after any pauses, holds the same", () => {
	fc.assert(
		fc.property(
			fc.array(part, { maxLength: 6 }),
			fc.array(fc.nat(), { maxLength: 30 }),
			fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }),
			fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
			(parts, cuts, sizes, shortRead) => {
				const { frames, held, pings } = written(parts);
				const line = new Line({}, { room: 100_000, shortRead });
				const request = line.open();
				let turn = 0;
				let told = 0;
				// Reads a part of what it is told of, and pauses; or all of it.
				const read = () => {
					while (told > 0) {
						const view = new Uint8Array(Math.min(told, sizes[turn % sizes.length] ?? 1000));
						const got = line.stream.read(view) ?? 0;
						if (got === 0) return;
						told -= got;
						line.received.push(...view.slice(0, got));
					}
				};
				line.onReadable = (count) => {
					told = count;
					if (++turn % 3 > 0) read();
				};
				sendCut(line, concat([ACCEPTANCE(request), frames]), cuts);
				// As long as it had paused.
				for (let i = 0; i < 1000 && told > 0; i++) {
					read();
					line.stream.readOn!();
				}
				expect(Uint8Array.from(line.received)).toEqual(held);
				expect(line.sent().map(({ payload }) => textOf(payload))).toEqual(pings);
				expect(line.ends).toStrictEqual([]);
			},
		),
		{ numRuns: 300 },
	);
});

test("a Client hears the same messages, whatever frames they come in", () => {
	carryOver(webSocketCarrier);
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
			fc.array(fc.nat(300), { minLength: 1, maxLength: 5 }),
			fc.nat(3),
			(sizes, lengths, pauses) => {
				const setup = connected({ receiveSize: 100 });
				const peer = setup.peer as WebSocketPeer;
				const packets = lengths.map((length, i) =>
					PUBLISH(`t/${i}`, "x".repeat(length), { qos: i % 2, id: (i % 2) * (i + 1) }),
				);
				const all = concat(packets);
				const frames: Uint8Array[] = [];
				for (let at = 0, i = 0; at < all.length; at += sizes[i++ % sizes.length]) {
					frames.push(FRAME(all.slice(at, at + sizes[i % sizes.length])));
					if (i % 3 === 1) frames.push(FRAME("ping", { opcode: PING }));
				}
				for (let i = 0; i < pauses; i++) setup.client.pause();
				peer.sendRaw(concat(frames));
				if (pauses > 0) {
					expect(setup.news()).toEqual([]);
					setup.client.resume();
				}
				const news = setup.news();
				const text = lengths.map((length, i) => [`t/${i}`, length] as const);
				for (const [topic, length] of text)
					expect(
						news
							.filter((line) => line.startsWith(`message ${topic}=`))
							.join("")
							.split("x").length - 1,
					).toBe(length);
				expect(setup.client.state).toBe(4);
			},
		),
		{ numRuns: 100 },
	);
	carryOver(undefined);
});

test("what is broken in any way is refused by name, or read; nothing throws, nothing is asked for that is not there", () => {
	const known = new Set<unknown>(Object.values(reasons));
	const seen = new Set<string>();
	fc.assert(
		fc.property(
			fc.array(part, { minLength: 1, maxLength: 4 }),
			fc.array(fc.nat(), { maxLength: 10 }),
			fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("change", "insert", "remove")), {
				minLength: 1,
				maxLength: 4,
			}),
			fc.boolean(),
			(parts, cuts, changes, late) => {
				const line = new Line({}, { room: 100_000 }, { random: numbers() });
				const acceptance = ACCEPTANCE(line.open());
				const broken = [...(late ? [] : acceptance), ...written(parts).frames];
				for (const [at, byte, how] of changes) {
					const place = at % (broken.length + 1);
					broken.splice(place, how === "insert" ? 0 : 1, ...(how === "remove" ? [] : [byte]));
				}
				if (late) line.peer.send(acceptance);
				sendCut(line, Uint8Array.from(broken), cuts);
				expect(line.ends.length).toBeLessThan(2);
				const [reason] = line.ends;
				if (reason !== undefined) {
					expect(reason).toBeInstanceOf(Reason);
					seen.add(reason.message.slice(0, 60));
					if (!(reason instanceof reasons.HttpRefusal || reason instanceof reasons.Closed))
						expect(known).toContain(reason);
				}
				expect(line.received.length).toBeLessThanOrEqual(broken.length);
				line.peer.end();
				expect(line.ends).toHaveLength(1);
				line.sent();
			},
		),
		{ numRuns: 2000, endOnFailure: true },
	);
	expect(seen.size).toBeGreaterThan(8);
});
