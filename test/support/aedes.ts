// aedes as a real broker in this process.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

export class AedesBroker {
	readonly port: number;
	readonly aedes: Aedes;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(aedes: Aedes, server: Server, sockets: Set<Socket>) {
		this.aedes = aedes;
		this.port = (server.address() as AddressInfo).port;
		this.#server = server;
		this.#sockets = sockets;
	}

	static async start(): Promise<AedesBroker> {
		const aedes = await Aedes.createBroker();
		const sockets = new Set<Socket>();
		const server = createServer((socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			aedes.handle(socket);
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		return new AedesBroker(aedes, server, sockets);
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((closed) => this.aedes.close(() => closed()));
		await new Promise((closed) => this.#server.close(closed));
	}
}
