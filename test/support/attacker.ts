// A man in the middle: listens where a client looks for its broker, and does what an attack says. What he got to know is
// kept: all that the client sent, and what of it he could read.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Attack, Line } from "./attacker/attacks.js";
import { Content, RecordReader } from "./attacker/records.js";
import type { Scene } from "./attacker/scene.js";

export { ATTACKS, type Attack, ONLOOKER } from "./attacker/attacks.js";
export { Scene, Sink } from "./attacker/scene.js";

export class Attacker {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	/** Connections so far. */
	connections = 0;
	/** Each byte that clients have sent, as it came. */
	sent = Buffer.alloc(0);
	/** What an app has sent that he could read: in the clear, or encrypted to his key. */
	heard = Buffer.alloc(0);

	private constructor(begin: Attack["begin"], scene: Scene, broker: number) {
		this.#server = createServer((socket) => {
			this.connections++;
			this.#keep(socket);
			const take = begin(this.#line(socket, broker), scene);
			const listen = this.#listener();
			socket.on("data", (bytes) => {
				listen(bytes);
				take(bytes);
			});
		});
	}

	/** `broker`: where the real one listens, on 127.0.0.1. */
	static async start(begin: Attack["begin"], scene: Scene, broker: number): Promise<Attacker> {
		const attacker = new Attacker(begin, scene, broker);
		await new Promise<void>((resolve) => attacker.#server.listen(0, "127.0.0.1", resolve));
		return attacker;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** What he has learnt of these: none, if the client is good for anything. */
	learnt(...secrets: string[]): string[] {
		const learnt = secrets.filter((each) => this.sent.includes(each) || this.heard.includes(each));
		return this.heard.length > 0 ? [...learnt, `${this.heard.length} bytes of an app`] : learnt;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#keep(socket: Socket): void {
		socket.setNoDelay(true);
		this.#sockets.add(socket);
		socket.on("error", () => {});
		socket.once("close", () => this.#sockets.delete(socket));
	}

	#hear(bytes: Buffer): void {
		this.heard = Buffer.concat([this.heard, bytes]);
	}

	/** Hears what an app sends in the clear: before the client encrypts, or without TLS. */
	#listener(): (bytes: Buffer) => void {
		const records = new RecordReader();
		let isProtected = false;
		return (bytes) => {
			this.sent = Buffer.concat([this.sent, bytes]);
			if (records.broken) {
				this.#hear(bytes);
				return;
			}
			for (const { type, body } of records.push(bytes)) {
				isProtected ||= type === Content.CHANGE_CIPHER_SPEC;
				if (type === Content.APPLICATION_DATA && !isProtected) this.#hear(body);
			}
			if (records.broken) this.#hear(records.rest);
		};
	}

	#line(client: Socket, broker: number): Line {
		return {
			send: (bytes) => client.writable && client.write(bytes),
			onDrain: (callback) => void client.once("drain", callback),
			hear: (bytes) => this.#hear(bytes),
			reach: (onAnswer) => {
				const socket = connect(broker, "127.0.0.1");
				this.#keep(socket);
				socket.on("data", onAnswer);
				socket.once("close", () => client.end());
				client.once("close", () => socket.destroy());
				return (bytes) => void (socket.writable && socket.write(bytes));
			},
		};
	}
}
