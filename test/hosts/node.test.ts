// The Node host over real loopback sockets: it has to behave as an ECMA-419 socket does.

import { type Socket as Connection, createServer, type Server } from "node:net";
import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import { RESOLVE_FAILED } from "../../src/connection/dialer.js";
import type { Resolver } from "../../src/connection/network.js";
import * as reasons from "../../src/connection/reasons.js";
import type { Socket } from "../../src/transport/tcp.js";
import { CONNACK, DISCONNECT, hex, PUBACK, PUBLISH } from "../support/packets.js";

/** Everything opened here; closed after each test. */
let server: Server;
let connections: Connection[];
let arrivals: ((connection: Connection) => void)[];

beforeEach(async () => {
	connections = [];
	arrivals = [];
	server = createServer((connection) => {
		connection.on("error", () => {});
		connections.push(connection);
		arrivals.shift()?.(connection);
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterEach(async () => {
	for (const connection of connections) connection.destroy();
	await new Promise((closed) => server.close(closed));
});

const port = () => (server.address() as { port: number }).port;
const accepted = () => new Promise<Connection>((accept) => arrivals.push(accept));

/** The socket's callbacks, as promises of the next one. */
function open() {
	const waiting = new Map<string, (count: number) => void>();
	const counts = { readable: 0, writable: 0, error: 0 };
	const on = (name: keyof typeof counts) => (count?: number) => {
		counts[name] = count ?? counts[name] + 1;
		waiting.get(name)?.(counts[name]);
		waiting.delete(name);
	};
	const socket: Socket = new network.socket.io({
		address: "127.0.0.1",
		port: port(),
		noDelay: true,
		target: undefined,
		onReadable: on("readable"),
		onWritable: on("writable"),
		onError: on("error"),
	});
	const next = (name: keyof typeof counts) => new Promise<number>((resolve) => waiting.set(name, resolve));
	return { socket, counts, next };
}

/** Reads until `length` bytes are there. */
async function received(connection: Connection, length: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let got = 0;
	for await (const chunk of connection.iterator({ destroyOnReturn: false })) {
		chunks.push(chunk);
		got += chunk.length;
		if (got >= length) break;
	}
	return Buffer.concat(chunks);
}

describe("a socket", () => {
	const handles = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

	test("that is closed is gone in the end, though the peer does not read what was written", async () => {
		const arriving = accepted();
		const { socket, next } = open();
		await next("writable");
		const connection = await arriving;
		connection.pause();
		const before = handles();
		// More than the system takes.
		for (let room = socket.write(new Uint8Array(65_536))!; room > 0 || handles() < before; ) {
			if (room > 0) room = socket.write(new Uint8Array(room))!;
			if (room > 0) continue;
			const more = await Promise.race([
				next("writable"),
				new Promise<number>((late) => setTimeout(late, 200, 0)),
			]);
			if (more === 0) break;
			room = more;
		}
		socket.close();
		while (handles() >= before) await new Promise((wake) => setTimeout(wake, 50));
		expect(handles()).toBe(before - 1);
	}, 20_000);

	test("announces room when it is connected, and takes a copy of what is written", async () => {
		const arriving = accepted();
		const { socket, next } = open();
		const room = await next("writable");
		expect(room).toBeGreaterThan(1000);
		const bytes = Uint8Array.of(1, 2, 3);
		expect(socket.write(bytes)).toBeLessThanOrEqual(room);
		bytes.fill(9);
		expect([...(await received(await arriving, 3))]).toEqual([1, 2, 3]);
		socket.close();
	});

	test("announces totals, fills views exactly, and throws at more than is there", async () => {
		const arriving = accepted();
		const { socket, next } = open();
		const connection = await arriving;
		expect(socket.read(new Uint8Array(1))).toBeUndefined();
		connection.write(Uint8Array.of(1, 2, 3));
		expect(await next("readable")).toBe(3);
		connection.write(Uint8Array.of(4, 5));
		expect(await next("readable")).toBe(5);
		expect(() => socket.read(new Uint8Array(6))).toThrow();
		expect(() => socket.read(new Uint8Array(0))).toThrow();
		const four = new Uint8Array(4);
		expect(socket.read(four)).toBe(4);
		expect([...four]).toEqual([1, 2, 3, 4]);
		expect(socket.read(new Uint8Array(1))).toBe(1);
		expect(socket.read(new Uint8Array(1))).toBeUndefined();
		socket.close();
	});

	test("throws at what does not fit, and announces room for as much as it ever had", async () => {
		const arriving = accepted();
		const { socket, next } = open();
		const room = await next("writable");
		const connection = await arriving;
		let left = room;
		while (left === room) left = socket.write(new Uint8Array(10_000))!; // until the system takes no more
		expect(() => socket.write(new Uint8Array(left + 1))).toThrow("would block");
		const announced = next("writable");
		connection.resume();
		expect(await announced).toBe(room);
		expect(socket.write(new Uint8Array(room))).toBeGreaterThanOrEqual(0);
		socket.close();
	});

	test("takes no more from the line than its room as long as nothing is read, then all of it", async () => {
		const arriving = accepted();
		const { socket, next, counts } = open();
		const connection = await arriving;
		const total = 32 << 20;
		connection.write(new Uint8Array(total));
		while (counts.readable < 65_536) await next("readable");
		await new Promise((later) => setTimeout(later, 100));
		expect(counts.readable).toBeLessThan(3 * 65_536);
		let got = 0;
		for (;;) {
			got += socket.read(new Uint8Array(counts.readable))!;
			if (got === total) break;
			await next("readable");
		}
		socket.close();
	});

	test("tells the end once, after what came before it, which can still be read", async () => {
		const arriving = accepted();
		const { socket, next, counts } = open();
		const connection = await arriving;
		const ended = next("error");
		connection.end(Uint8Array.of(7));
		await ended;
		expect(counts.readable).toBe(1);
		expect(socket.read(new Uint8Array(1))).toBe(1);
		expect(socket.write(Uint8Array.of(1))).toBeUndefined();
		await new Promise((later) => setImmediate(later));
		expect(counts.error).toBe(1);
		socket.close();
	});

	test("tells when nobody listens", async () => {
		await new Promise((closed) => server.close(closed));
		const refused = server.listen(0, "127.0.0.1");
		await new Promise((listening) => refused.once("listening", listening));
		const free = port();
		await new Promise((closed) => server.close(closed));
		await new Promise<void>((failed) => {
			new network.socket.io({
				address: "127.0.0.1",
				port: free,
				noDelay: true,
				target: undefined,
				onReadable() {},
				onWritable() {},
				onError: failed,
			});
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	});

	test("sends what was written before close", async () => {
		const arriving = accepted();
		const { socket, next, counts } = open();
		await next("writable");
		const connection = await arriving;
		socket.write(new Uint8Array(50_000).fill(5));
		socket.close();
		expect((await received(connection, 50_000)).length).toBe(50_000);
		expect(counts.error).toBe(0);
	});
});

test("the resolver knows localhost, and fails with what nobody knows", async () => {
	const resolver: Resolver = new network.dns.io({} as never);
	const address = await new Promise((resolve, reject) =>
		resolver.resolve({ host: "localhost", onResolved: (_host, found) => resolve(found), onError: reject }),
	);
	expect(address).toBe("127.0.0.1");
	await new Promise<unknown>((onError) =>
		resolver.resolve({ host: "nobody.invalid", onResolved() {}, onError }),
	);
	resolver.close();
});

test("ticks are whole and do not go back", () => {
	const first = network.ticks();
	expect(Number.isInteger(first)).toBe(true);
	expect((network.ticks() - first) | 0).toBeGreaterThanOrEqual(0);
});

describe("a client", () => {
	test("connects by name, publishes, receives, closes", async () => {
		const arriving = accepted();
		const log: string[] = [];
		let closed = () => {};
		const ended = new Promise<void>((resolve) => {
			closed = resolve;
		});
		const client = new Client({
			...network,
			protocolVersion: 4,
			host: "localhost",
			port: port(),
			clientId: "c",
			packetSize: 100_000,
			storeSize: 100_000,
			random: () => 0,
			onConnected: () => client.publish("t", "x".repeat(90_000), 1),
			onMessage: (message) => log.push(message.text()),
			onDelivered: (id) => {
				log.push(`delivered ${id}`);
				client.close();
			},
			onDisconnected: (reason) => {
				log.push(reason.message);
				closed();
			},
		});
		const connection = await arriving;
		await received(connection, 15);
		connection.write(CONNACK());
		const large = PUBLISH("t", "x".repeat(90_000), { qos: 1, id: 1 });
		expect(hex(await received(connection, large.length))).toBe(hex(large));
		connection.write(Buffer.concat([PUBLISH("t", "hello"), PUBACK(1)]));
		expect(hex(await received(connection, 2))).toBe(hex(DISCONNECT));
		await ended;
		expect(log).toEqual(["hello", "delivered 1", reasons.CLOSED_BY_APP.message]);
	});

	test("tells that a name was not found", async () => {
		const reason = await new Promise((onDisconnected) => {
			const client = new Client({
				...network,
				protocolVersion: 4,
				host: "nobody.invalid",
				onDisconnected(reason) {
					if (reason === reasons.CLOSED_BY_APP) return;
					client.close();
					onDisconnected(reason);
				},
			});
		});
		expect(reason).toBe(RESOLVE_FAILED);
	});
});
