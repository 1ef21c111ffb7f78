// From a host name to a stream that is being connected: of several, whose turn it is. Knows DNS, no packets.

import type { Stream, StreamFactory, StreamOwner } from "../transport/stream.js";
import { openTcp } from "../transport/tcp.js";
import { Reason } from "../wire/reason.js";
import type { Resolver } from "./network.js";
import { type ClientOptions, defaultPort } from "./options.js";

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
export const isAddress = (host: string): boolean => {
	for (let i = 0; i < host.length; i++) {
		const code = host.charCodeAt(i);
		if (code !== 0x2e && (code < 0x30 || code > 0x39)) return false;
	}
	return true;
};

export class Dialer {
	private readonly options: ClientOptions;
	/** What makes streams; undefined: plain TCP. */
	private readonly factory?: StreamFactory;
	private readonly events: DialerEvents;
	/** Made when the first name is asked for. */
	private resolver?: Resolver;
	// Each attempt has a number; answers to an earlier one are ignored.
	private attempt = 0;
	/** Which of the hosts is next. */
	turn = 0;
	/** Hosts that have refused, one after the other. */
	private refusals = 0;
	/** Each host that is an address is a bit. Found out once: a character costs garbage. */
	private addresses = 0;
	/** The last attempt waits for the clock to be set: with TLS. */
	awaitsClock?: boolean;

	/** @param factory what makes streams; undefined: plain TCP */
	constructor(options: ClientOptions, factory: StreamFactory | undefined, events: DialerEvents) {
		this.options = options;
		if (factory !== undefined) this.factory = factory;
		this.events = events;
		for (let i = this.count - 1; i >= 0; i--)
			this.addresses = (this.addresses << 1) | (isAddress(this.hostAt(i)) ? 1 : 0);
	}

	private get count(): number {
		const { host } = this.options;
		return typeof host === "string" ? 1 : host.length;
	}

	private hostAt(index: number): string {
		const { host } = this.options;
		return typeof host === "string" ? host : host[index];
	}

	/** Whose turn it is. */
	protected get host(): string {
		return this.hostAt(this.turn);
	}

	protected get port(): number {
		return this.options.port ?? defaultPort(this.options);
	}

	/** Whether `host` is an address already. */
	protected get isAddress(): boolean {
		return ((this.addresses >> this.turn) & 1) === 1;
	}

	/** The current host has refused, or could not be reached: it is the next one's turn. True: all have refused, one by one. */
	turnToNext(refused: boolean): boolean {
		const { count } = this;
		this.turn = (this.turn + 1) % count;
		this.refusals = refused ? this.refusals + 1 : 0;
		return refused && this.refusals % count === 0;
	}

	/** The current host works: the next attempt uses it again. */
	keepHost(): void {
		this.refusals = 0;
	}

	/** Begins an attempt; gives up the one before. */
	dial(): void {
		const attempt = ++this.attempt;
		if (this.factory !== undefined) this.awaitsClock = this.factory.awaitsClock;
		if (this.awaitsClock) return;
		const { host } = this;
		if (this.isAddress) {
			this.open(host, host);
			return;
		}
		try {
			const { dns } = this.options;
			this.resolver ??= new dns.io(dns as never);
			this.resolver.resolve({
				host,
				onResolved: (_host, address) => {
					if (attempt === this.attempt) this.open(host, address);
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
		if (this.resolver !== undefined) this.resolver = undefined;
	}

	/** Gives up the attempt under way. */
	cancel(): void {
		this.attempt++;
	}

	private open(host: string, address: string): void {
		this.attempt++;
		let stream: Stream;
		try {
			const { factory, port, events } = this;
			stream = factory
				? factory.open(host, address, port, events)
				: openTcp(this.options.socket, address, port, events);
		} catch {
			this.events.onDialFailed(SOCKET_FAILED);
			return;
		}
		this.events.onDialed(stream);
	}
}
