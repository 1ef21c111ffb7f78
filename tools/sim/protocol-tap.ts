// Stands between board and broker, on this computer only, passes all bytes on as they are, and tells the packets in them.
// Knows TCP and the decoder; nothing of the board.

import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { Conversation } from "../decode/conversation.js";
import type { BrokerAddress } from "../option-values.js";
import { Problem, textOf } from "../problem.js";
import type { PacketEvent } from "./events.js";

const HOST = "127.0.0.1";

export class ProtocolTap {
	readonly host = HOST;
	readonly port: number;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(server: Server, sockets: Set<Socket>, port: number) {
		this.#server = server;
		this.#sockets = sockets;
		this.port = port;
	}

	/** Listens at any free port. A board that connects is connected to the broker. */
	static async start(broker: BrokerAddress, onEvent: (event: PacketEvent) => void): Promise<ProtocolTap> {
		const sockets = new Set<Socket>();
		let connections = 0;
		const server = createServer({ noDelay: true }, (board) => {
			const connection = ++connections;
			const conversation = new Conversation((packet) => onEvent({ type: "packet", connection, packet }));
			const upstream = createConnection({ host: broker.host, port: broker.port, noDelay: true });
			const ended = Promise.all([passOn(board, upstream, sockets), passOn(upstream, board, sockets)]);
			board.on("data", (bytes) => conversation.push("client", bytes));
			upstream.on("data", (bytes) => conversation.push("server", bytes));
			ended.then(() => conversation.end());
		});
		try {
			server.listen(0, HOST);
			await once(server, "listening");
		} catch (error) {
			throw new Problem(
				`--protocol cannot listen on ${HOST}`,
				textOf(error),
				"leave it out, or try again when fewer programs run",
			);
		}
		return new ProtocolTap(server, sockets, (server.address() as { port: number }).port);
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}

/** What `from` sends goes to `to`, at its pace; so does its end, orderly or not. Resolves when `from` is closed. */
function passOn(from: Socket, to: Socket, sockets: Set<Socket>): Promise<void> {
	sockets.add(from);
	from.pipe(to);
	from.on("error", () => to.resetAndDestroy());
	return new Promise((resolve) =>
		from.on("close", () => {
			sockets.delete(from);
			to.destroySoon();
			resolve();
		}),
	);
}
