// From a host name to a stream that is being connected. Knows DNS, no packets.

import type { Network, Resolver } from "../network/network.js";
import type { Stream, StreamOwner } from "../transport/stream.js";
import { openTcp } from "../transport/tcp.js";
import { Reason } from "../wire/reason.js";

export const RESOLVE_FAILED = new Reason(
	"network",
	"the broker's host name was not found: check the option host, and that the network has DNS",
);
export const SOCKET_FAILED = new Reason(
	"network",
	"no socket could be opened: the network is down, or sockets or memory have run out",
);

export interface DialerEvents extends StreamOwner {
	/** The name is resolved; the stream is being connected. */
	onDialed(stream: Stream): void;
	onDialFailed(reason: Reason): void;
}

/** Whether `host` is an IPv4 address already: digits and dots only. */
function isAddress(host: string): boolean {
	for (let i = 0; i < host.length; i++) {
		const code = host.charCodeAt(i);
		if (code !== 0x2e && (code < 0x30 || code > 0x39)) return false;
	}
	return true;
}

export class Dialer {
	private readonly network: Network;
	private readonly host: string;
	/** Found out once: a character costs garbage. */
	private readonly isAddress: boolean;
	private readonly port: number;
	private readonly events: DialerEvents;
	private resolver: Resolver | undefined;
	// Each attempt has a number; answers to an earlier one are ignored.
	private attempt = 0;

	constructor(network: Network, host: string, port: number, events: DialerEvents) {
		this.network = network;
		this.host = host;
		this.isAddress = isAddress(host);
		this.port = port;
		this.events = events;
	}

	/** Begins an attempt; gives up the one before. */
	dial(): void {
		const attempt = ++this.attempt;
		if (this.isAddress) {
			this.open(this.host);
			return;
		}
		try {
			const dns = this.network.dns;
			this.resolver ??= new dns.io(dns as never);
			this.resolver.resolve({
				host: this.host,
				onResolved: (_host, address) => {
					if (attempt === this.attempt) this.open(address);
				},
				onError: () => {
					if (attempt === this.attempt) this.events.onDialFailed(RESOLVE_FAILED);
				},
			});
		} catch {
			this.events.onDialFailed(RESOLVE_FAILED);
		}
	}

	/** Gives up for good. */
	close(): void {
		this.cancel();
		this.resolver?.close();
		this.resolver = undefined;
	}

	/** Gives up the attempt under way. */
	cancel(): void {
		this.attempt++;
	}

	private open(address: string): void {
		this.attempt++;
		let stream: Stream;
		try {
			stream = openTcp(this.network.socket, this.host, address, this.port, this.events);
		} catch {
			this.events.onDialFailed(SOCKET_FAILED);
			return;
		}
		this.events.onDialed(stream);
	}
}
