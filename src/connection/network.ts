// What a host gives to the Client, as ECMA-419 passes capabilities. Knows shapes only.

import type { CryptoCapability } from "../authentication/capability.js";
import type { Layer } from "../transport/stream.js";
import type { SocketCapability } from "../transport/tcp.js";
import type { TlsOptions } from "../transport/tls/options.js";
import type { WebSocketOptions } from "../transport/websocket/options.js";
import type { Reason } from "../wire/reason.js";

/** The part of an ECMA-419 DNS resolver that is used. */
export interface Resolver {
	/** Asks for the address of a host name. */
	resolve(request: {
		host: string;
		onResolved(host: string, address: string): void;
		onError(error: unknown): void;
	}): void;
	/** Gives the resolver back. */
	close(): void;
}

/** A resolver class with the options it needs. */
export interface ResolverCapability {
	/** Each platform's resolver has options of its own. */
	io: new (
		options: never,
	) => Resolver;
	[option: string]: unknown;
}

/** The part of an ECMA-419 UDP socket that is used. */
export interface Datagrams {
	/** A packet, undefined when there is none. */
	read(): ArrayBuffer | undefined;
	/** Sends a packet. */
	write(packet: Uint8Array, address: string, port: number): void;
	/** Gives the socket back. */
	close(): void;
}

/** A UDP socket class with the options it always gets. */
export interface UdpCapability {
	io: new (options: {
		/** So many packets can be read. */
		onReadable(count: number): void;
	}) => Datagrams;
	[option: string]: unknown;
}

/** Timers as Moddable's `timer` module has them. */
export interface TimerCapability {
	/** Calls `callback` each `interval` milliseconds; the timer, for the other calls. */
	repeat(callback: () => void, interval: number): unknown;
	/** Fires in `delay` milliseconds, then at the interval. */
	schedule(timer: never, delay: number, interval: number): void;
	/** Ends a timer. */
	clear(timer: never): void;
}

/** Gets events of a network interface. */
export interface InterfaceListener {
	/** The network can be used. */
	onInterfaceUp(): void;
	/** The network went down, or an attempt to bring it up has failed: the next one comes by itself. */
	onInterfaceDown(reason: Reason): void;
}

/** A network interface that may be down: Wi-Fi, a cable. It comes up, and comes up again, by itself. */
export interface NetworkInterface {
	/** The network can be used: there is a link, and it has given an address. */
	readonly up: boolean;
	/** Tells `listener` of all that happens from now on; nothing before it returns. */
	attach(listener: InterfaceListener): void;
	/** Tells `listener` nothing more. */
	detach(listener: InterfaceListener): void;
}

/** All that the Client needs of the place it runs in; every host exports one as `network`. */
export interface Network {
	socket: SocketCapability;
	dns: ResolverCapability;
	timer: TimerCapability;
	/** Monotonic milliseconds; may wrap at 32 bits. */
	ticks(): number;
	/** UDP, for Sntp. */
	udp?: UdpCapability;
	/** What can be put over `socket`, each if the build has it. */
	streams?: {
		readonly tls?: Layer<TlsOptions>;
		readonly webSocket?: Layer<WebSocketOptions>;
	};
	/** Digests and random numbers, for Scram, if the build has them. */
	crypto?: CryptoCapability;
	/** Sets the clock that `Date.now` reads, in milliseconds since 1970. */
	setClock?(time: number): void;
	/** What may be down; without it the network counts as always up. */
	interface?: NetworkInterface;
	/** Something that tells this device from others, for the default client identifier: its MAC address in hex. */
	id: string;
}
