// An MQTT broker in this process, for this computer only, with TLS or without. Knows aedes; nothing of the board.

import { X509Certificate } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { Aedes } from "aedes";
import { Problem, textOf } from "../problem.js";
import type { Encryption } from "./events.js";
import type { Identity } from "./throw-away.js";

const HOST = "127.0.0.1";
const USUAL_PORT = 1883;
const USUAL_PORT_WITH_TLS = 8883;

/** With TLS. */
export interface Secure {
	identity: Identity;
	/** A client has connected. */
	onClient(clientId: string, encryption: Encryption): void;
}

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
	static async start(port?: number, secure?: Secure): Promise<EmbeddedBroker> {
		const aedes = await Aedes.createBroker();
		const sockets = new Set<Socket>();
		const server = secure === undefined ? createServer() : secureServer(aedes, secure);
		server.on("connection", (socket: Socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
		});
		server.on(secure === undefined ? "connection" : "secureConnection", (socket: Socket) =>
			aedes.handle(socket),
		);
		const usual = secure === undefined ? USUAL_PORT : USUAL_PORT_WITH_TLS;
		try {
			return new EmbeddedBroker(aedes, server, sockets, await listen(server, port, usual));
		} catch (error) {
			aedes.close();
			throw new Problem(
				`the embedded broker cannot listen on ${HOST}:${port ?? usual}`,
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

function secureServer(aedes: Aedes, { identity, onClient }: Secure): Server {
	const { certificate: cert, key } = identity;
	const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
	aedes.on("client", ({ id, conn }) => {
		if (!(conn instanceof TLSSocket)) return;
		const { standardName: suite } = conn.getCipher();
		onClient(id, { version: conn.getProtocol() ?? "?", suite, fingerprint });
	});
	return createTlsServer({ cert, key, minVersion: "TLSv1.2" });
}

async function listen(server: Server, port: number | undefined, usual: number): Promise<number> {
	try {
		return await tryPort(server, port ?? usual);
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
