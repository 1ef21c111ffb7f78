// Simulators that connect to this computer as to their debugger: each connection is a machine. Knows TCP.

import { createServer, type Server, type Socket } from "node:net";
import { Problem, textOf } from "../problem.js";
import { Conversation } from "./conversation.js";
import type { Listener, Source } from "./events.js";

const HOST = "127.0.0.1";
const CONNECTION_LIMIT = 32;

export class TcpSource implements Source {
	readonly #wanted: number;
	readonly #listener: Listener;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	/** `port`: 0 for any that is free. */
	constructor(port: number, listener: Listener) {
		this.#wanted = port;
		this.#listener = listener;
		this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
		this.#server.maxConnections = CONNECTION_LIMIT;
	}

	/** Where it listens, once it does. */
	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(this.#wanted, HOST, resolve);
		}).catch((error: NodeJS.ErrnoException) => {
			const inUse = error.code === "EADDRINUSE";
			throw new Problem(
				`the monitor cannot listen on ${HOST}:${this.#wanted}`,
				inUse ? "another program does: xsbug, xsbug-log or another monitor" : textOf(error),
				inUse ? "end that program and repeat" : "choose another port",
			);
		});
		this.#note(`listening on ${HOST}:${this.port}: start the simulator`);
	}

	async reset(): Promise<void> {
		this.#note("a simulator is not restarted from here: start it again");
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	#connected(socket: Socket): void {
		this.#sockets.add(socket);
		let name = "";
		const conversation = new Conversation(
			(bytes) => void socket.write(bytes),
			(event) => {
				if (event.type === "login") name = event.name;
				this.#listener.event(event);
			},
		);
		const ticking = setInterval(() => conversation.tick(), 1000);
		socket.on("data", (bytes) => conversation.push(bytes));
		socket.on("error", () => {}); // a close follows
		socket.on("close", () => {
			clearInterval(ticking);
			this.#sockets.delete(socket);
			conversation.end();
			if (name !== "") this.#listener.event({ type: "closed", machine: "", name });
		});
	}

	#note(text: string): void {
		this.#listener.event({ type: "note", text });
	}
}
