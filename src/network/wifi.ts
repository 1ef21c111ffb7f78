// Brings Wi-Fi up and keeps it up, over an ECMA-419 network interface. Knows no sockets.

import { boundAfter, delayWithin } from "../connection/backoff.js";
import type { InterfaceListener, Network, NetworkInterface } from "../connection/network.js";
import { show } from "../wire/quote.js";
import { Reason } from "../wire/reason.js";

export const WIFI_LOST = new Reason("network", "Wi-Fi: the connection to the access point was lost");
export const WIFI_NOT_FOUND = new Reason(
	"network",
	"Wi-Fi: the access point is not in range: check its SSID, the distance, and that it sends at 2.4 GHz",
);
export const WIFI_REFUSED = new Reason(
	"network",
	"Wi-Fi: the access point refuses the connection: most likely the password is wrong",
);
export const WIFI_NO_ADDRESS = new Reason(
	"network",
	"Wi-Fi: the access point gave no address: check its DHCP server, or configure a static address",
);
export const WIFI_FAILED = new Reason(
	"network",
	"Wi-Fi: no connection to the access point: check SSID and password, and that it is in range",
);

/** The part of an ECMA-419 Wi-Fi network interface that is used ("embedded:network/interface/wifi"). */
export interface WifiIO {
	/** 500: up, with an address; 400: associated; 300: connecting; 200 and less: disconnected. */
	readonly connection: number;
	readonly address: string | undefined;
	readonly SSID: string | undefined;
	/** dBm. */
	readonly RSSI: number | undefined;
	/** Begins to join an access point. */
	connect(options: { SSID: string; password?: string }): void;
	/** Leaves it. */
	disconnect(): void;
	/** Only some have it. */
	scan?(options: { onFound(found: { SSID: string }): void; onComplete(): void }): void;
	/** Gives the interface back. */
	close(): void;
}

/** A Wi-Fi network to join. */
export interface AccessPoint {
	SSID: string;
	/** None for an open network. */
	password?: string;
}

/** Options of a Wifi. */
export interface WifiOptions extends Pick<Network, "timer" | "ticks"> {
	io: new (options: { onChanged(): void }) => WifiIO;
	/** At least one, in order of preference. Each is tried in turn. */
	accessPoints: readonly AccessPoint[];
	/** Milliseconds, at least 1000, for joining an access point and getting an address. Default 20000. */
	connectTimeout?: number;
	/**
	 * Milliseconds: the upper bound of the first random delay after all have failed. It doubles each time. Default 1000.
	 */
	reconnectMinimum?: number;
	/** Milliseconds: the largest upper bound of that delay. Default 60000. */
	reconnectMaximum?: number;
	/** Random numbers from 0 to below 1. Default Math.random. */
	random?: () => number;
}

const enum Delay {
	/** Milliseconds that a scan may take. */
	SCAN_TIMEOUT = 10_000,
	/** Milliseconds between leaving an access point and trying the next: the news of the leaving is late. */
	PAUSE = 250,
	/** Milliseconds after which a connection counts as stable, so that the backoff starts again. */
	STABLE = 10_000,
}

// Values of `connection` (ECMA-419).
const enum Link {
	DISCONNECTED = 200,
	ASSOCIATED = 400,
	UP = 500,
}

// Values of `stage`.
const enum Phase {
	CLOSED = 0,
	/** Until the next attempt. */
	WAITING = 1,
	CONNECTING = 2,
	/** After a failure: is the access point there at all? */
	SCANNING = 3,
	CONNECTED = 4,
}

/** Throws when that cannot be an access point. The password is not shown. */
const check = ({ SSID, password }: AccessPoint): void => {
	if (typeof SSID !== "string" || SSID === "" || SSID.length > 32)
		throw new RangeError(`SSID is ${show(SSID)}: it must be a name of 1 to 32 characters`);
	if (password !== undefined && (typeof password !== "string" || password.length > 64))
		throw new RangeError(`the password of ${SSID} must be text of at most 64 characters`);
};

/**
 * Wi-Fi that comes up by itself, tries several access points in order, and comes up again when it was lost. Hand it to a
 * Client as `interface`: it then waits for the network, connects at once when it is there, and tells in `onDisconnected`
 * why it is not. Passwords are never traced.
 */
export class Wifi implements NetworkInterface {
	/** Why the last attempt failed, or the last connection ended; undefined while up, and before that. */
	reason: Reason | undefined = undefined;

	private readonly options: WifiOptions;
	private readonly io: WifiIO;
	/** Of the next delay, milliseconds; 0: it is the first. */
	private bound = 0;
	private readonly listeners: InterfaceListener[] = [];
	/** The stage is over. */
	private readonly onTime: () => void;
	private timer: unknown = undefined;
	private stage = Phase.WAITING;
	/** Which access point is tried, or used. */
	private index = 0;
	/** It has let us in, at this attempt. */
	private associated = false;
	private found = false;
	private since = 0;

	/** Begins to connect. Throws when there is no access point, or one that cannot be. */
	constructor(options: WifiOptions) {
		if (!Array.isArray(options.accessPoints) || options.accessPoints.length === 0)
			throw new RangeError("accessPoints must be a list of at least one access point");
		options.accessPoints.forEach(check);
		this.options = options;
		this.onTime = () => this.timeIsUp();
		this.io = new options.io({ onChanged: () => this.changed() });
		// Wi-Fi may already be up after a soft restart. Otherwise no listener is called before the constructor has returned.
		if (this.io.connection >= Link.UP) this.connected();
		else {
			this.leave(); // an ESP8266 remembers what it was connected to, and is at it already
			this.rest(0);
		}
	}

	get up(): boolean {
		return this.stage === Phase.CONNECTED;
	}

	/** The address that the network gave; undefined while down. Allocates. */
	get address(): string | undefined {
		return this.up ? this.io.address : undefined;
	}

	/** The name of the access point in use; undefined while down. Allocates. */
	get SSID(): string | undefined {
		return this.up ? this.io.SSID : undefined;
	}

	/** Signal strength in dBm, about -30 (very near) to -90 (hardly there); NaN while down. Allocates nothing. */
	get RSSI(): number {
		return (this.up ? this.io.RSSI : undefined) ?? Number.NaN;
	}

	attach(listener: InterfaceListener): void {
		this.listeners.push(listener);
	}

	detach(listener: InterfaceListener): void {
		const at = this.listeners.indexOf(listener);
		if (at >= 0) this.listeners.splice(at, 1);
	}

	/** Leaves the access point and tries again from the first on: for when it is up, and yet nothing gets through. */
	reconnect(): void {
		if (this.up) this.lost();
	}

	/** Leaves the access point, for good. Listeners hear WIFI_LOST. */
	close(): void {
		if (this.stage === Phase.CLOSED) return;
		const { up } = this;
		this.enter(Phase.CLOSED);
		this.leave();
		this.io.close();
		if (up) this.tellDown(WIFI_LOST);
	}

	/** Ends a stage; the next one may last `time` milliseconds. */
	private enter(stage: number, time?: number): void {
		const { timer } = this.options;
		if (this.timer !== undefined) timer.clear(this.timer as never);
		this.timer = time === undefined ? undefined : timer.repeat(this.onTime, time);
		this.stage = stage;
	}

	private timeIsUp(): void {
		if (this.stage === Phase.WAITING) this.connect();
		else if (this.stage === Phase.CONNECTING) this.failed(this.associated ? WIFI_NO_ADDRESS : undefined);
		else this.over(WIFI_FAILED);
	}

	private rest(delay: number): void {
		this.enter(Phase.WAITING, Math.max(Delay.PAUSE, delay));
	}

	private connect(): void {
		this.associated = false;
		this.enter(Phase.CONNECTING, this.options.connectTimeout ?? 20_000);
		const { SSID, password } = this.options.accessPoints[this.index];
		try {
			this.io.connect(password === undefined ? { SSID } : { SSID, password });
		} catch {
			this.failed(WIFI_FAILED);
		}
	}

	private changed(): void {
		const { connection } = this.io;
		if (this.stage === Phase.CONNECTING) {
			if (connection >= Link.UP) this.connected();
			else if (connection >= Link.ASSOCIATED) this.associated = true;
			else if (connection <= Link.DISCONNECTED) this.failed(this.associated ? WIFI_NO_ADDRESS : undefined);
		} else if (this.stage === Phase.CONNECTED && connection < Link.UP) this.lost();
	}

	private connected(): void {
		this.enter(Phase.CONNECTED);
		this.reason = undefined;
		this.since = this.options.ticks();
		// A copy, because a listener may detach.
		for (const listener of this.listeners.slice()) listener.onInterfaceUp();
	}

	private lost(): void {
		if (((this.options.ticks() - this.since) | 0) >= Delay.STABLE) this.bound = 0;
		this.leave();
		this.index = 0;
		this.rest(this.nextDelay());
		this.tellDown(WIFI_LOST);
	}

	private nextDelay(): number {
		const { reconnectMinimum = 1000, reconnectMaximum = 60_000, random = Math.random } = this.options;
		const { bound } = this;
		this.bound = boundAfter(bound, reconnectMinimum, reconnectMaximum);
		return delayWithin(bound, reconnectMinimum, random);
	}

	/** The attempt is over. The interface does not tell why; a scan does, where there is one. */
	private failed(reason: Reason | undefined): void {
		this.leave();
		if (reason !== undefined || this.io.scan === undefined) {
			this.over(reason ?? WIFI_FAILED);
			return;
		}
		this.found = false;
		this.enter(Phase.SCANNING, Delay.SCAN_TIMEOUT);
		const { SSID } = this.options.accessPoints[this.index];
		try {
			this.io.scan({
				onFound: (found) => {
					if (found.SSID === SSID) this.found = true;
				},
				onComplete: () => {
					if (this.stage === Phase.SCANNING) this.over(this.found ? WIFI_REFUSED : WIFI_NOT_FOUND);
				},
			});
		} catch {
			this.over(WIFI_FAILED);
		}
	}

	/** Goes on to the next access point; after the last one, to the first, after a delay. */
	private over(reason: Reason): void {
		this.index = (this.index + 1) % this.options.accessPoints.length;
		this.rest(this.index === 0 ? this.nextDelay() : 0);
		this.tellDown(reason);
	}

	/** Some interfaces go on trying by themselves otherwise. */
	private leave(): void {
		try {
			this.io.disconnect();
		} catch {
			// There is nothing to leave.
		}
	}

	private tellDown(reason: Reason): void {
		this.reason = reason;
		for (const listener of this.listeners.slice()) listener.onInterfaceDown(reason);
	}
}
