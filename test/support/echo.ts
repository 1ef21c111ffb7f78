// A peer that says yes to everything, and sends every message back: no broker, but as fast as the socket.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import mqtt from "mqtt-packet";

export class Echo {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(server: Server) {
		this.#server = server;
	}

	static async start(): Promise<Echo> {
		const server = createServer({ noDelay: true });
		const echo = new Echo(server);
		server.on("connection", (socket) => echo.#serve(socket));
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		return echo;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((closed) => this.#server.close(closed));
	}

	#serve(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => this.#sockets.delete(socket));
		const parser = mqtt.parser({ protocolVersion: 4 });
		socket.on("data", (bytes) => parser.parse(bytes));
		const send = (packet: mqtt.Packet) => socket.write(mqtt.generate(packet));
		parser.on("packet", (packet) => {
			const { cmd, messageId } = packet;
			if (cmd === "connect") send({ cmd: "connack", returnCode: 0, sessionPresent: false });
			else if (cmd === "subscribe") send({ cmd: "suback", messageId, granted: [1] });
			else if (cmd === "pingreq") send({ cmd: "pingresp" });
			else if (cmd === "publish") {
				if (packet.qos === 1) send({ cmd: "puback", messageId });
				send({ ...packet, dup: false });
			}
		});
	}
}
