// The end of a stream behind more unread messages than acknowledgements may wait, through lwip's sockets.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Report } from "../brokers/firmware/board.js";
import { FIRST, start } from "../support/board.js";
import { CONNACK, concat, PUBLISH } from "../support/packets.js";

const BURST = Array.from({ length: 700 }, (_, i) => PUBLISH("in", "x", { qos: 1, id: i + 1 }));

let server: Server;
const open = new Set<Socket>();

afterEach(async () => {
	for (const socket of open) socket.destroy();
	await new Promise((closed) => server.close(closed));
});

test(
	"a broker that sends 700 messages at QoS 1 and leaves is connected to again, with a keepAlive of 0 too",
	async () => {
		// It reads no acknowledgement after CONNECT.
		server = createServer({ allowHalfOpen: true }, (socket) => {
			open.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => open.delete(socket));
			socket.once("data", () => socket.pause().end(concat([CONNACK(), ...BURST])));
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const app = await start<Report>({
			firmware: "test/brokers/firmware/board",
			config: { client: { port: (server.address() as AddressInfo).port, clientId: "c", keepAlive: 0 } },
			stack: "lwip",
		});
		for (let round = 0; round < 2; round++) {
			await app.next(({ event }) => event === "connected");
			expect(await app.next(({ event }) => event === "disconnected")).toMatchObject({
				reason: "CONNECTION_LOST",
			});
		}
	},
	FIRST,
);
