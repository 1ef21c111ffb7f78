// Between a client and its broker: writes down what the client sends, and can keep the broker's answers back.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import mqtt, { type Packet } from "mqtt-packet";

export class Proxy {
	/** What came from the client, connection by connection, as mqtt-packet reads it. */
	readonly sent: Packet[][] = [];
	/** Nothing of what the broker says passes. */
	muted = false;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(server: Server) {
		this.#server = server;
	}

	static async start(target: number): Promise<Proxy> {
		const server = createServer();
		const proxy = new Proxy(server);
		server.on("connection", (client) => proxy.#serve(client, connect(target, "127.0.0.1")));
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		return proxy;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((closed) => this.#server.close(closed));
	}

	#serve(client: Socket, broker: Socket): void {
		const packets: Packet[] = [];
		const parser = mqtt.parser({ protocolVersion: 4 });
		parser.on("packet", (packet) => packets.push(packet));
		this.sent.push(packets);
		client.on("data", (bytes) => {
			parser.parse(bytes);
			broker.write(bytes);
		});
		broker.on("data", (bytes) => {
			if (!this.muted) client.write(bytes);
		});
		for (const [socket, other] of [
			[client, broker],
			[broker, client],
		]) {
			this.#sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				this.#sockets.delete(socket);
				other.destroy();
			});
		}
	}
}
