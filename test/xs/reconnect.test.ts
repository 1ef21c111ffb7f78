// A board that reconnects all its life must not lose memory over it.

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { Authority } from "../support/authority.js";
import { FIRST, LOADS, reportOf, STACKS } from "../support/board.js";
import { CONNACK } from "../support/packets.js";

interface Heap {
	slots: number;
	chunkBytes: number;
}

test.each(LOADS)(
	"the live heap after 1000 reconnects is that after 10, %s",
	async (_how, preload) => {
		const { heaps, ...counts } = await reportOf<{
			heaps: Heap[];
			connected: number;
			received: number;
			attempts: number;
			connects: number;
		}>({ firmware: "test/xs/firmware/reconnect", config: { looks: [10, 1000] }, preload });
		const [early, late] = heaps;
		expect(late).toEqual(early);
		expect(late.slots).toBeGreaterThan(100);
		expect(counts).toMatchObject({ connected: 1000, connects: 1000, received: 1000 });
		expect(counts.attempts).toBeGreaterThan(1300);
	},
	FIRST,
);

test.each(LOADS)(
	"the live heap after 1020 connections in 5.0, and in 3.1.1 now and then, is that after 60, %s",
	async (_how, preload) => {
		const { heaps, ...counts } = await reportOf<{
			heaps: Heap[];
			connected: number;
			received: number;
			fives: number;
		}>({
			firmware: "test/xs/firmware/reconnect5",
			config: { looks: [60, 1020] },
			preload,
		});
		const [early, late] = heaps;
		expect(late).toEqual(early);
		expect(counts).toMatchObject({ connected: 1020, received: 1020 });
		expect(counts.fives).toBeGreaterThan(400);
		expect(counts.fives).toBeLessThan(900);
	},
	FIRST,
);

/** A broker that accepts, takes what comes after CONNECT, and hangs up. */
const hangUp = (socket: Socket, reset: () => void) => {
	let heard = 0;
	socket.on("error", () => {});
	socket.on("data", () => {
		if (heard++ === 0) socket.write(CONNACK());
		else if (heard % 3 === 0) reset();
		else socket.end();
	});
};

describe.each(["TCP", "TLS"] as const)("over %s", (kind) => {
	const authority = kind === "TLS" ? new Authority() : undefined;
	const tls = authority && { ca: authority.own.pem };
	const issued = authority?.issue({ names: "IP:127.0.0.1" });
	let server: Server;
	const open = new Set<Socket>();

	beforeEach(async () => {
		server = issued
			? createTlsServer({ key: issued.key, cert: issued.pem, maxVersion: "TLSv1.2" })
			: createServer();
		server.on("connection", (socket: Socket) => {
			open.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => open.delete(socket));
			if (!issued) hangUp(socket, () => socket.resetAndDestroy());
		});
		server.on("secureConnection", (socket: TLSSocket) => hangUp(socket, () => socket.destroy()));
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	});

	afterEach(async () => {
		for (const socket of open) socket.destroy();
		await new Promise((closed) => server.close(closed));
	});
	afterAll(() => authority?.remove());

	// lin looks at its sockets each 20 ms only.
	const rounds = { lwip: [10, kind === "TLS" ? 200 : 1000], lin: [10, 60] };

	test.each(STACKS)(
		"the live heap does not grow either, with sockets of %s",
		async (stack) => {
			const { port } = server.address() as { port: number };
			const { heaps } = await reportOf<{ heaps: Heap[] }>({
				firmware: "test/xs/firmware/reconnect-tcp",
				config: { port, looks: rounds[stack], tls },
				stack,
			});
			const [early, late] = heaps;
			expect(late).toEqual(early);
		},
		60_000,
	);
});
