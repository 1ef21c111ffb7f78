// The order of sending, identifiers, the window (sections 2.3.1 and 4.6).

import { Outbox } from "../../src/session/outbox.js";
import type { PacketSlot } from "../../src/session/packet-slot.js";
import { PacketSlot as Slot } from "../../src/session/packet-slot.js";
import { Topic } from "../../src/wire/topic.js";

const topic = new Topic("t");

/** Takes a message in; undefined when there is no slot. */
function put(outbox: Outbox, qos: 0 | 1 = 1): PacketSlot | undefined {
	const slot = outbox.free;
	if (slot === undefined) return undefined;
	slot.end(slot.begin(topic, qos, false, qos === 0 ? 0 : outbox.nextId()));
	outbox.accept(slot);
	return slot;
}

/** Sends all that may be sent; their identifiers. */
function send(outbox: Outbox): number[] {
	const ids: number[] = [];
	for (let slot = outbox.next(); slot !== undefined; slot = outbox.next()) {
		ids.push(slot.id);
		outbox.sent(slot, 0);
	}
	return ids;
}

test("sends in the order of acceptance, as far as the window allows", () => {
	const outbox = new Outbox(5, 64, 2, 1);
	put(outbox);
	put(outbox, 0);
	put(outbox);
	put(outbox);
	put(outbox, 0);
	expect(send(outbox)).toEqual([1, 0, 2]);
	expect(outbox.inFlight).toBe(2);
	outbox.acknowledge(1);
	expect(send(outbox)).toEqual([3, 0]);
});

test("a slot is free again when it is acknowledged, at QoS 0 when it is sent", () => {
	const outbox = new Outbox(2, 64, 2, 1);
	put(outbox);
	put(outbox, 0);
	expect(put(outbox)).toBeUndefined();
	send(outbox);
	expect(put(outbox)?.id).toBe(2);
	expect(put(outbox)).toBeUndefined();
	outbox.acknowledge(1);
	expect(put(outbox)?.id).toBe(3);
});

test("only what is in flight can be acknowledged, once", () => {
	const outbox = new Outbox(3, 64, 1, 1);
	put(outbox);
	put(outbox);
	send(outbox);
	expect(outbox.acknowledge(2)).toBe(false);
	expect(outbox.acknowledge(1)).toBe(true);
	expect(outbox.acknowledge(1)).toBe(false);
	expect(outbox.acknowledge(9)).toBe(false);
	expect(outbox.inFlight).toBe(0);
});

test("acknowledgements in any order leave the rest in order", () => {
	for (const order of [
		[1, 2, 3],
		[3, 2, 1],
		[2, 1, 3],
		[2, 3, 1],
	]) {
		const outbox = new Outbox(3, 64, 3, 1);
		for (let i = 0; i < 3; i++) put(outbox);
		send(outbox);
		for (const id of order) expect(outbox.acknowledge(id)).toBe(true);
		expect(outbox.empty).toBe(true);
		for (let i = 0; i < 3; i++) put(outbox);
		expect(send(outbox)).toEqual([4, 5, 6]);
	}
});

test("an interrupted outbox begins again with the oldest; DUP is set only if the session is present", () => {
	const outbox = new Outbox(4, 64, 2, 1);
	for (let i = 0; i < 3; i++) put(outbox);
	send(outbox);
	outbox.interrupt();
	expect(outbox.resume(true, 0)).toBe(2);
	const first = outbox.next()!;
	expect(first.bytes[0] & 8).toBe(8);
	expect(send(outbox)).toEqual([1, 2]);
	outbox.interrupt();
	expect(outbox.resume(false, 0)).toBe(2);
	expect(first.bytes[0] & 8).toBe(0);
	outbox.sent(outbox.next()!, 0);
	outbox.acknowledge(1);
	expect(send(outbox)).toEqual([2, 3]);
});

test("identifiers wrap from 65535 to 1 and pass over those in use", () => {
	const outbox = new Outbox(4, 64, 4, 65_534);
	expect([put(outbox)?.id, put(outbox)?.id, put(outbox)?.id]).toEqual([65_534, 65_535, 1]);
	const again = new Outbox(4, 64, 4, 65_535);
	expect([put(again)?.id, put(again)?.id]).toEqual([65_535, 1]);
	// All the way round, with 65535 and 1 still held.
	for (let id = 2; id < 65_535; id++) expect(again.nextId()).toBe(id);
	expect(again.nextId()).toBe(2);
});

test("the oldest that waits was never sent, and is of the pool", () => {
	const outbox = new Outbox(3, 64, 1, 1);
	const own = new Slot(64, false);
	own.end(own.begin(topic, 1, false, outbox.nextId()));
	put(outbox);
	outbox.accept(own);
	put(outbox);
	send(outbox);
	expect(outbox.oldestWaiting?.id).toBe(3);
	outbox.drop(outbox.oldestWaiting!);
	expect(outbox.oldestWaiting).toBeUndefined();
	outbox.acknowledge(2);
	expect(send(outbox)).toEqual([1]);
});

test("dropping what is in flight makes room in the window", () => {
	const outbox = new Outbox(3, 64, 1, 1);
	const first = put(outbox)!;
	put(outbox);
	send(outbox);
	outbox.drop(first);
	expect(outbox.inFlight).toBe(0);
	expect(send(outbox)).toEqual([2]);
});

test("dropping the next to be sent leaves the one behind it", () => {
	const outbox = new Outbox(3, 64, 3, 1);
	const first = put(outbox)!;
	put(outbox);
	outbox.drop(first);
	expect(send(outbox)).toEqual([2]);
	outbox.drop(outbox.first!);
	expect(outbox.empty).toBe(true);
	expect(outbox.next()).toBeUndefined();
	put(outbox);
	expect(send(outbox)).toEqual([3]);
});

test("a helper's own slot, acknowledged before another, goes behind it the next time", () => {
	const outbox = new Outbox(2, 64, 4, 1);
	const own = new Slot(64, false);
	const fill = () => own.end(own.begin(topic, 1, false, outbox.nextId()));
	fill();
	outbox.hold(own, 0);
	put(outbox);
	send(outbox);
	outbox.acknowledge(1);
	fill();
	outbox.hold(own, 0);
	outbox.interrupt();
	outbox.resume(true, 0);
	expect(send(outbox)).toEqual([2, 3]);
});
