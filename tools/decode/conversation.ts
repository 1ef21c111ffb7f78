// One connection, both directions: bytes in as they pass, judged packets out. Knows streams and the rules between packets.

import { Exchange } from "./exchange.js";
import type { Packet, Sender } from "./packet.js";
import { PacketStream } from "./packet-stream.js";

export class Conversation {
	readonly #streams: Record<Sender, PacketStream>;
	readonly #exchange = new Exchange();

	constructor(onPacket: (packet: Packet) => void) {
		const stream = (sender: Sender) =>
			new PacketStream(sender, (packet) => {
				if (packet.facts.protocolLevel === 5) this.#streams.server.opaque = true;
				this.#exchange.check(packet);
				onPacket(packet);
			});
		this.#streams = { client: stream("client"), server: stream("server") };
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
