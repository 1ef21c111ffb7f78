// The quirks of sockets, hidden behind a Stream.

import type { Stream } from "../../src/transport/stream.js";
import { TcpStream } from "../../src/transport/tcp.js";
import { PacketBuffer } from "../../src/wire/packet-buffer.js";
import { Place } from "../support/place.js";
import type { Quirks } from "../support/socket.js";

function open(quirks: Quirks = {}) {
	const place = new Place(quirks);
	const log: string[] = [];
	const capability = { ...place.network.socket, certificate: "c" };
	const reader = { onReadable: (count: number) => log.push(`readable ${count}`) };
	const stream: Stream = new TcpStream(capability, "1.2.3.4", 1883, reader, {
		onWritable: () => log.push("writable"),
		onFailed: () => log.push("failed"),
	});
	return { stream, log, peer: place.peer };
}

const bytes = (length: number) => new Uint8Array(length).fill(1);

test("the capability's own options reach the socket", () => {
	const { peer } = open();
	expect(peer.socket.options).toMatchObject({
		address: "1.2.3.4",
		port: 1883,
		noDelay: true,
		certificate: "c",
	});
});

test("there is no room before the connection is made, and then what the socket says", () => {
	const { stream, peer, log } = open({ room: 100 });
	expect([stream.writable, stream.capacity]).toEqual([0, 0]);
	peer.open();
	expect([stream.writable, stream.capacity]).toEqual([100, 100]);
	expect(stream.write(bytes(30))).toBe(true);
	expect([stream.writable, stream.capacity]).toEqual([70, 100]);
	peer.take();
	expect(stream.writable).toBe(100);
	expect(log).toEqual(["writable", "writable"]);
});

test("a write that does not fit is refused, not thrown, and no room is believed in until it is announced", () => {
	const { stream, peer } = open({ segments: 1 });
	peer.open();
	expect(stream.write(bytes(1))).toBe(true);
	expect(stream.write(bytes(1))).toBe(false);
	expect([stream.writable, stream.failed]).toEqual([0, false]);
	peer.take();
	expect(stream.write(bytes(1))).toBe(true);
});

test("after a refused write, retry believes in the room that seemed to be there, until the socket tells", () => {
	const { stream, peer } = open({ room: 100 });
	peer.open();
	stream.write(bytes(30));
	peer.socket.refusals = 2;
	for (let i = 0; i < 2; i++) {
		expect(stream.write(bytes(40))).toBe(false);
		expect([stream.writable, stream.failed]).toEqual([0, false]);
		stream.retry();
		expect(stream.writable).toBe(70);
		stream.retry();
		expect(stream.writable).toBe(70);
	}
	peer.socket.refusals = 1;
	stream.write(bytes(40));
	peer.take();
	expect([stream.writable, stream.freed]).toEqual([100, 30]);
	stream.retry();
	expect(stream.writable).toBe(100);
});

test("room that comes back is told in bytes", () => {
	const { stream, peer } = open({ room: 100 });
	peer.open();
	stream.write(bytes(30));
	peer.takeSome(20);
	expect([stream.writable, stream.freed]).toEqual([90, 20]);
	peer.takeSome(20);
	expect([stream.writable, stream.freed]).toEqual([100, 10]);
});

test.each(["not ready", "not ready (in write)"])(
	'after the end of the stream, "%s" is a failure',
	(message) => {
		for (const how of ["write", "send"]) {
			const { stream, peer } = open();
			peer.open();
			peer.socket.write = () => {
				throw new Error(message);
			};
			const packet = new PacketBuffer(8);
			expect(how === "write" ? stream.write(bytes(1)) : stream.send(packet, 3)).toBe(false);
			expect([stream.writable, stream.failed, packet.bytes.length]).toEqual([0, true, 8]);
		}
	},
);

test.each([undefined, null, "text", { message: 7 }])(
	"a socket that throws %j is one without room",
	(thrown) => {
		const { stream, peer } = open();
		peer.open();
		peer.socket.write = () => {
			throw thrown;
		};
		expect(stream.write(bytes(1))).toBe(false);
		expect([stream.writable, stream.failed]).toEqual([0, false]);
	},
);

test("a write on a broken socket fails the stream", () => {
	const { stream, peer } = open();
	peer.open();
	peer.failSilently();
	expect(stream.write(bytes(1))).toBe(false);
	expect([stream.writable, stream.failed]).toEqual([0, true]);
});

describe("send", () => {
	test("writes the front of a packet buffer, which is whole again afterwards", () => {
		const { stream, peer } = open();
		peer.open();
		const packet = new PacketBuffer(8);
		packet.bytes.set([1, 2, 3, 4]);
		expect(stream.send(packet, 3)).toBe(true);
		expect([...peer.socket.writes[0]]).toEqual([1, 2, 3]);
		expect(packet.bytes.length).toBe(8);
		expect(stream.written).toBe(true);
	});

	test.each(["blocked", "broken"])("leaves it whole when the socket is %s", (how) => {
		const { stream, peer } = open({ segments: how === "blocked" ? 0 : 9 });
		peer.open();
		if (how === "broken") peer.failSilently();
		const packet = new PacketBuffer(8);
		expect(stream.send(packet, 3)).toBe(false);
		expect(packet.bytes.length).toBe(8);
		expect(stream.failed).toBe(how === "broken");
		expect(stream.writable).toBe(0);
	});
});

test("after close no event comes, and nothing throws", () => {
	const { stream, peer, log } = open();
	peer.open();
	stream.close();
	stream.close();
	peer.send(bytes(3));
	peer.open();
	peer.fail();
	expect(log).toEqual(["writable"]);
	expect(stream.writable).toBe(0);
	expect(stream.write(bytes(1))).toBe(false);
});

test("a socket that throws at close does no harm", () => {
	const { stream, peer } = open();
	peer.socket.close();
	expect(() => stream.close()).not.toThrow();
});

test("a failure is told, and marked", () => {
	const { stream, peer, log } = open();
	peer.fail();
	expect([stream.failed, log]).toEqual([true, ["failed"]]);
});
