// The time of day from the network (SNTP, RFC 4330).

import { boundAfter, delayWithin } from "../connection/backoff.js";
import type { Datagrams, InterfaceListener, Network, Resolver } from "../connection/network.js";
import { checkFunction, checkWhole } from "../wire/check.js";

/** Options of an Sntp. */
export interface SntpOptions
	extends Pick<Network, "dns" | "udp" | "timer" | "ticks" | "interface" | "setClock"> {
	/** Host name or IPv4 address of the time server. Default "pool.ntp.org". */
	host?: string;
	/** Default 123. */
	port?: number;
	/** Milliseconds between two requests, 60000 to 86400000, to correct the drift of the clock. Default 86400000. */
	interval?: number;
	/** Random numbers from 0 to below 1. Default Math.random. */
	random?: () => number;
	/** A time server has answered. `time` is in milliseconds since 1970. */
	onTime?(time: number): void;
}

const enum Field {
	/** Bytes of a request and of a reply without extensions. */
	SIZE = 48,
	/** Seconds from 1900, where the protocol begins, to 1970. */
	EPOCH = 2_208_988_800,
	/** Where in a packet the server repeats what we have sent, and where it says what time it is. */
	ORIGINATE = 24,
	TRANSMIT = 40,
}

const enum Delay {
	/** Milliseconds that name resolution and an answer may take together. */
	TIMEOUT = 10_000,
	/** Milliseconds between two requests, at least: servers ask for that. */
	GAP = 15_000,
	/** Milliseconds: the largest bound of the random delay that a failure adds to GAP. */
	LONGEST = 3_600_000,
}

/**
 * Asks a time server at an interval, sets the host's clock if the host has one, and keeps the time in between by the device's
 * ticks. Do not use it for timeouts, because it jumps. An answer counts only if it repeats the random number of the request.
 * Sockets are open only during a request.
 */
export class Sntp implements InterfaceListener {
	private readonly options: SntpOptions;
	private readonly interval: number;
	/** Of the next delay, milliseconds; 0: it is the first. */
	private bound = 0;
	private readonly request = new Uint8Array(Field.SIZE);
	private resolver: Resolver | undefined = undefined;
	private socket: Datagrams | undefined = undefined;
	private timer: unknown = undefined;
	private sentAt = 0;
	/** The time at `keptAt`, on the clock of ticks. */
	private time = Number.NaN;
	private keptAt = 0;
	private closed = false;

	/** Asks as soon as the network is up. Throws if an option is invalid. */
	constructor(options: SntpOptions) {
		if (options.udp === undefined) throw new TypeError("udp is missing: SNTP needs the host's UDP sockets");
		checkFunction("onTime", options.onTime);
		this.options = options;
		this.interval = checkWhole("interval", options.interval, 86_400_000, 60_000, 86_400_000);
		options.interface?.attach(this);
		if (options.interface?.up ?? true) this.after(0, () => this.ask());
	}

	/** Milliseconds since 1970; NaN until it is known. Allocates nothing. Without a network call it at least once in 49 days. */
	now(): number {
		// Ticks wrap: what has passed is counted in time.
		const now = this.options.ticks();
		this.time += (now - this.keptAt) >>> 0;
		this.keptAt = now;
		return this.time;
	}

	/** Asks no more. The time that is known stays. */
	close(): void {
		this.closed = true;
		this.finish();
		this.options.interface?.detach(this);
	}

	/** @internal */
	onInterfaceUp(): void {
		this.bound = 0;
		this.ask();
	}

	/** @internal */
	onInterfaceDown(): void {
		this.finish();
	}

	private after(delay: number, step: () => void): void {
		const { timer } = this.options;
		this.timer = timer.repeat(() => {
			timer.clear(this.timer as never);
			this.timer = undefined;
			this.now();
			step();
		}, delay);
	}

	/** Ends the question under way, and the wait for the next. */
	private finish(): void {
		if (this.timer !== undefined) this.options.timer.clear(this.timer as never);
		this.timer = undefined;
		this.resolver?.close();
		this.resolver = undefined;
		this.socket?.close();
		this.socket = undefined;
	}

	private askAgain(delay: number): void {
		this.finish();
		if (!this.closed) this.after(delay, () => this.ask());
	}

	private failed(): void {
		const { bound } = this;
		this.bound = boundAfter(bound, Delay.GAP, Delay.LONGEST);
		this.askAgain(Delay.GAP + delayWithin(bound, Delay.GAP, this.options.random ?? Math.random));
	}

	private ask(): void {
		this.finish();
		if (this.closed) return;
		this.after(Delay.TIMEOUT, () => this.failed());
		try {
			const dns = this.options.dns;
			const resolver = new dns.io(dns as never);
			this.resolver = resolver;
			resolver.resolve({
				host: this.options.host ?? "pool.ntp.org",
				onResolved: (_host, address) => {
					if (resolver === this.resolver) this.send(address);
				},
				onError: () => {
					if (resolver === this.resolver) this.failed();
				},
			});
		} catch {
			this.failed();
		}
	}

	private send(address: string): void {
		const { udp, random = Math.random, ticks } = this.options;
		const request = this.request;
		request[0] = 0x23; // version 4, from a client
		// A random number in place of our time: the answer must repeat it.
		for (let i = 0; i < 8; i++) request[Field.TRANSMIT + i] = Math.floor(random() * 256);
		try {
			const socket = new udp!.io({
				...udp!,
				onReadable: (count) => {
					for (let i = 0; i < count && socket === this.socket; i++) this.take(socket.read());
				},
			});
			this.socket = socket;
			this.sentAt = ticks();
			socket.write(request, address, this.options.port ?? 123);
		} catch {
			this.failed();
		}
	}

	/** A packet came, from whomever: only what answers our question, and knows the time, is taken. */
	private take(packet: ArrayBuffer | undefined): void {
		if (packet === undefined || packet.byteLength < Field.SIZE) return;
		const reply = new Uint8Array(packet);
		for (let i = 0; i < 8; i++) if (reply[Field.ORIGINATE + i] !== this.request[Field.TRANSMIT + i]) return;
		const view = new DataView(packet);
		const mode = reply[0] & 7;
		const unsynchronized = reply[0] >> 6 === 3;
		const stratum = reply[1];
		const seconds = view.getUint32(Field.TRANSMIT);
		if (mode !== 4 || unsynchronized || stratum === 0 || stratum > 15 || seconds === 0) {
			this.failed(); // it asks us to go away, or does not know
			return;
		}
		const now = this.options.ticks();
		// The seconds wrap in 2036.
		const era = seconds < 0x8000_0000 ? 0x1_0000_0000 : 0;
		const fraction = view.getUint32(Field.TRANSMIT + 4) / 0x1_0000_0000;
		const underway = (now - this.sentAt) >>> 0;
		this.time = Math.round((seconds + era - Field.EPOCH + fraction) * 1000 + underway / 2);
		this.keptAt = now;
		this.bound = 0;
		this.askAgain(this.interval);
		this.options.setClock?.(this.time);
		this.options.onTime?.(this.time);
	}
}
