// One connection, both directions: bytes in as they pass, judged packets out. Knows streams and the rules between packets.

import { Dialect } from "./dialect.js";
import { Exchange } from "./exchange.js";
import type { Packet, Sender, Version } from "./packet.js";
import { PacketStream } from "./packet-stream.js";

export class Conversation {
	readonly #streams: Record<Sender, PacketStream>;
	readonly #exchange = new Exchange();
	readonly #dialect: Dialect;

	/** `version`: what the connection speaks unless its CONNECT says otherwise; none: what fits. */
	constructor(onPacket: (packet: Packet) => void, version?: Version) {
		const dialect = new Dialect(version);
		this.#dialect = dialect;
		const stream = (sender: Sender) =>
			new PacketStream(
				sender,
				(packet) => {
					this.#exchange.check(packet);
					onPacket(packet);
				},
				dialect,
			);
		this.#streams = { client: stream("client"), server: stream("server") };
	}

	/** None: not known. */
	get version(): Version | undefined {
		return this.#dialect.known;
	}

	push(sender: Sender, bytes: Uint8Array): void {
		this.#streams[sender].push(bytes);
	}

	/** `bytes` of this direction did not come; the next ones are to begin with a packet. */
	hole(sender: Sender, bytes: number): void {
		this.#streams[sender].end(bytes);
		this.#exchange.hole(sender);
	}

	/** Nothing comes any more. */
	end(): void {
		this.#streams.client.end();
		this.#streams.server.end();
	}
}
