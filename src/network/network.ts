// What a host gives to the Client, as ECMA-419 passes capabilities. Knows shapes only.

import type { SocketCapability } from "../transport/tcp.js";

/** The part of an ECMA-419 DNS resolver that is used. */
export interface Resolver {
	resolve(request: {
		host: string;
		onResolved(host: string, address: string): void;
		onError(error: unknown): void;
	}): void;
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

/** Timers as Moddable's `timer` module has them. */
export interface TimerCapability {
	repeat(callback: () => void, interval: number): unknown;
	clear(timer: never): void;
}

/** All that the Client needs of the place it runs in; every host exports one as `network`. */
export interface Network {
	socket: SocketCapability;
	dns: ResolverCapability;
	timer: TimerCapability;
	/** Monotonic milliseconds; may wrap at 32 bits. */
	ticks(): number;
	/** Something that tells this device from others, for the default client identifier: its MAC address in hex. */
	id: string;
}
