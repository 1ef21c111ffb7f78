// What can never be sent is refused at the call, and the error says what to change; what the stream does not take waits.

import { State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { Fill } from "../../src/session/outbox.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBLISH } from "../support/packets.js";
import { connected } from "../support/setup.js";

const topic = new Topic("t");
const none: Fill = () => 0;
const writes = (length: number) => ({ write: (_bytes: Uint8Array, at: number) => at + length });

test.each([
	[0, 64 - 8 - 3],
	[1, 64 - 8 - 3 - 2],
] as const)(
	"at QoS %d a payload that the store never holds is told with its length, what it takes and what there is",
	(qos, most) => {
		for (const packetSize of [64, 200]) {
			const { client, peer } = connected({ storeSize: 64, packetSize });
			const long = most + 1;
			const wanted =
				`a payload of ${long} bytes does not fit: to the topic "t" it takes 68 bytes of the store, which has room for ` +
				"64; raise storeSize, or use publishFrom";
			expect(() => client.publish("t", new Uint8Array(long), qos)).toThrow(wanted);
			expect(() => client.publish("t", "x".repeat(long), qos)).toThrow(wanted);
			if (packetSize === 200)
				expect(() => client.publishWith(topic, qos, false, writes(long))).toThrow(wanted);
			peer.expect();
			expect(client.publish("t", "x".repeat(most), qos)).toBe(qos);
			peer.expect(PUBLISH("t", "x".repeat(most), { qos, id: 1 }));
		}
	},
);

test("a topic that leaves no room in packetSize says so", () => {
	const { client } = connected({ packetSize: 64 });
	const long = new Topic("t".repeat(64));
	const wanted = "does not fit: it leaves no room for a payload in 64 bytes; raise packetSize";
	expect(() => client.publishWith(long, 0, false, writes(0))).toThrow(wanted);
	expect(() => client.publishFrom(long, 9, none)).toThrow(wanted);
});

test("publishFrom throws too when what stands before the payload never fits the store", () => {
	const { client } = connected({ storeSize: 64 });
	expect(() => client.publishFrom("t".repeat(60), 9, none)).toThrow(
		/^the topic "t{60}" does not fit: it leaves no room for a payload in 64 bytes; raise storeSize$/,
	);
});

test("a message fits the room set aside for its owner, however little is left for others", () => {
	const { client, peer } = connected({ storeSize: 128 });
	const owner = client.owner(80);
	const payload = new Uint8Array(79);
	const whole = (id: number) => PUBLISH("t", payload, { qos: 1, id });
	const write = {
		write(bytes: Uint8Array, at: number) {
			bytes.set(payload, at);
			return at + payload.length;
		},
	};
	expect(client.publishWith(topic, 1, false, write, owner)).toBe(1);
	peer.expect(whole(1));
	peer.send(PUBACK(1));
	expect(client.publishWith(topic, 1, false, write, owner)).toBe(2);
	peer.expect(whole(2));
	expect(() => client.publish("t", payload, 1)).toThrow("raise storeSize");
});

describe("a write that throws", () => {
	const payload = new Uint8Array(35).fill(7); // 40 bytes in all

	/** Publishes with a socket that throws, as the first message or as one like that before it. */
	function throwing(thrown: unknown, repeated: boolean) {
		const setup = connected({}, { room: 100 });
		const { client, peer } = setup;
		if (repeated) {
			client.publish(topic, payload, 0);
			peer.take();
		}
		const write = peer.socket.write;
		peer.socket.write = () => {
			throw thrown;
		};
		expect(client.publish(topic, payload, 0)).toBe(0);
		peer.expect();
		return { setup, restore: () => Object.assign(peer.socket, { write }) };
	}

	test.each(
		["not ready", "not ready (in write)"].flatMap((it) => [[it, false] as const, [it, true] as const]),
	)('"%s" tells of the end of the stream, however much room there is; repeated: %s', (message, repeated) => {
		const { setup } = throwing(new Error(message), repeated);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECTION_LOST}`]);
		setup.reconnect(true).expect(PUBLISH("t", payload));
		expect(setup.client.held).toBe(0);
	});

	test.each(
		[undefined, null, "text", { message: 7 }, new Error("out of memory")].flatMap((it) => [
			[it, false] as const,
			[it, true] as const,
		]),
	)("%j tells that there is no room, now; repeated: %s", (thrown, repeated) => {
		const { setup, restore } = throwing(thrown, repeated);
		const { client, peer, clock } = setup;
		clock.advance(500);
		expect([client.state, client.held]).toEqual([State.CONNECTED, 1]);
		restore();
		clock.advance(250);
		peer.expect(PUBLISH("t", payload));
	});

	test("does not make the client believe in more room than there is, or less", () => {
		const { client, peer, clock } = connected({}, { room: 100 });
		const send = () => client.publish(topic, payload, 0);
		send();
		peer.socket.refusals = 2;
		send();
		clock.advance(250);
		expect(peer.socket.refusals).toBe(0);
		expect(peer.writes.length).toBe(2);
		clock.advance(250);
		expect(peer.writes.length).toBe(3);
		// Of the 20 that are left nothing is lost, and nothing won.
		peer.socket.refusals = 1;
		client.publish(topic, payload.subarray(0, 15), 0);
		peer.takeSome(20);
		expect(peer.writes.length).toBe(4);
		expect(peer.socket.room).toBe(20);
		send();
		clock.advance(1000);
		expect([peer.writes.length, peer.socket.overruns]).toEqual([4, 0]);
		client.publish(topic, payload.subarray(0, 15), 0);
		peer.takeSome(20);
		expect([peer.writes.length, peer.socket.room]).toEqual([5, 0]);
		peer.take();
		expect(peer.socket.overruns).toBe(0);
	});
});

test("room that comes back counts as something that moves, in bytes, while more is on its way", () => {
	const { client, peer } = connected({ storeSize: 4096 }, { room: 100 });
	const { writer } = Reflect.get(client, "connection");
	const moved: number[] = [];
	const makeRoom = writer.makeRoom.bind(writer);
	writer.makeRoom = (room: number) => {
		const bytes = makeRoom(room);
		moved.push(bytes);
		return bytes;
	};
	client.publish("t", "x".repeat(300)); // goes in pieces of 100
	for (const bytes of [30, 50, 20, 100, 100, 5]) peer.takeSome(bytes);
	expect(moved.splice(0)).toEqual([30, 50, 20, 100, 100, 0]);
	for (let i = 0; i < 2; i++) client.publish("t", "x".repeat(35));
	// Room that it seemed to have before has not come back.
	peer.socket.refusals = 1;
	client.publish("t", "x".repeat(10));
	peer.takeSome(20);
	expect(moved.splice(0)).toEqual([20]);
});
