// A place to run in: the Network that a host gives to a Client, all of it under the test's hand.

import type { Network } from "../../src/connection/network.js";
import type { ClientOptions } from "../../src/connection/options.js";
import type { SocketOptions } from "../../src/transport/tcp.js";
import { Clock } from "./clock.js";
import { FakeSocket, Peer, type Quirks } from "./socket.js";

export interface Lookup {
	host: string;
	onResolved(host: string, address: string): void;
	onError(error: unknown): void;
}

/** What carries MQTT instead of plain TCP. */
export interface Carrier {
	streams: Network["streams"];
	/** Of each Client. */
	options: Partial<ClientOptions>;
	/** Those of a socket, when a test asks for `quirks`. */
	quirks(quirks: Quirks): Quirks;
	/** Bytes that a short packet takes more. */
	header: number;
	Peer: new (socket: FakeSocket, clock: Clock) => Peer;
}

let carrier: Carrier | undefined;

/** What carries MQTT in the places of this file's tests from now on; undefined: plain TCP. */
export function carryOver(it: Carrier | undefined): void {
	carrier = it;
}

/** Bytes that a short packet takes more than it has. */
export function headerBytes(): number {
	return carrier?.header ?? 0;
}

export class Place {
	readonly clock: Clock;
	readonly network: Network;
	readonly carrier = carrier;
	/** The peer of each socket ever opened. */
	readonly peers: Peer[] = [];
	/** Every host name asked for. */
	readonly lookups: Lookup[] = [];
	/** Options of each resolver made. */
	readonly resolvers: unknown[] = [];
	/** How the next sockets behave. */
	quirks: Quirks;
	/** Opening a socket throws. */
	noSockets = false;
	/** Making a resolver, or asking it, throws. */
	noResolver = false;

	constructor(quirks: Quirks = {}, start?: number) {
		const place = this;
		this.quirks = quirks;
		this.clock = new Clock(start);
		this.network = {
			socket: {
				io: class extends FakeSocket {
					constructor(options: SocketOptions) {
						if (place.noSockets) throw new Error("no socket");
						super(options, place.carrier?.quirks(place.quirks) ?? place.quirks, place.clock);
						place.peers.push(new (place.carrier?.Peer ?? Peer)(this, place.clock));
					}
				},
			},
			dns: {
				io: class {
					constructor(options: unknown) {
						if (place.noResolver) throw new Error("no resolver");
						place.resolvers.push(options);
					}
					resolve(lookup: Lookup): void {
						if (place.noResolver) throw new Error("no resolver");
						place.lookups.push(lookup);
					}
					close(): void {}
				},
				servers: ["10.0.0.53"],
			},
			timer: this.clock.timer,
			ticks: this.clock.ticks,
			id: "c0ffee",
			streams: this.carrier?.streams,
		};
	}

	/** Writes of more than there was room for, as the client knew: each throws, and that is garbage. */
	get overruns(): number {
		return this.peers.reduce((sum, { socket }) => sum + socket.overruns, 0);
	}

	/** The peer of the last socket. */
	get peer(): Peer {
		return this.peers[this.peers.length - 1];
	}
}
