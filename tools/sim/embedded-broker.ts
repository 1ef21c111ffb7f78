// An MQTT broker in this process, for this computer only. Knows aedes; nothing of the board.

import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { Problem, textOf } from "../problem.js";

const HOST = "127.0.0.1";
const USUAL_PORT = 1883;

export class EmbeddedBroker {
	readonly host = HOST;
	readonly port: number;
	readonly #aedes: Aedes;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(aedes: Aedes, server: Server, sockets: Set<Socket>, port: number) {
		this.#aedes = aedes;
		this.#server = server;
		this.#sockets = sockets;
		this.port = port;
	}

	/** Without `port`: the usual one if it is free, else any. */
	static async start(port?: number): Promise<EmbeddedBroker> {
		const aedes = await Aedes.createBroker();
		const sockets = new Set<Socket>();
		const server = createServer((socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			aedes.handle(socket);
		});
		try {
			return new EmbeddedBroker(aedes, server, sockets, await listen(server, port));
		} catch (error) {
			aedes.close();
			throw new Problem(
				`the embedded broker cannot listen on ${HOST}:${port ?? USUAL_PORT}`,
				textOf(error),
				"give another --port, or name a running broker with --broker",
			);
		}
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
		await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
	}
}

async function listen(server: Server, port: number | undefined): Promise<number> {
	try {
		return await tryPort(server, port ?? USUAL_PORT);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (port !== undefined || (code !== "EADDRINUSE" && code !== "EACCES")) throw error;
		return tryPort(server, 0);
	}
}

function tryPort(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, HOST, () => {
			server.off("error", reject);
			resolve((server.address() as { port: number }).port);
		});
	});
}
