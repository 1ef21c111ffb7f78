// A Wi-Fi network interface under the test's hand: it behaves as those of the SDK do, which call onChanged after the
// fact, and never for the app's own disconnect.

import { Wifi, type WifiOptions } from "../../src/network/wifi.js";
import type { Clock } from "./clock.js";

interface ScanOptions {
	onFound(found: { SSID: string }): void;
	onComplete(): void;
}

/** The air: what the interface would find in it. */
export class Air {
	/** Name and password of each access point in range. */
	readonly inRange = new Map<string, string | undefined>();
	/** Attempts to connect, by name. */
	readonly attempts: string[] = [];
	/** Scans under way or over. */
	scans = 0;
	/** The interface; one at a time. */
	card!: FakeCard;
	canScan = true;
	/** Access points let in, and give no address. */
	noAddress = false;
	/** connect, or scan, throws. */
	broken = false;

	/** The access point is gone. */
	vanish(): void {
		this.inRange.clear();
		this.card.change(200);
	}

	wifi(clock: Clock, options: Partial<WifiOptions> = {}): Wifi {
		const air = this;
		return new Wifi({
			io: class extends FakeCard {
				constructor(options: { onChanged(): void }) {
					super(air, clock, options);
					air.card = this;
				}
			},
			accessPoints: [{ SSID: "home", password: "secret" }],
			timer: clock.timer,
			ticks: clock.ticks,
			random: () => 0.999,
			...options,
		});
	}
}

export class FakeCard {
	connection: number;
	closed = false;
	scan?: (options: ScanOptions) => void;
	SSID: string | undefined;
	readonly RSSI = -61;
	readonly #air: Air;
	readonly #clock: Clock;
	readonly #options: { onChanged(): void };

	constructor(air: Air, clock: Clock, options: { onChanged(): void }, connection = 200) {
		this.#air = air;
		this.#clock = clock;
		this.#options = options;
		this.connection = connection;
		if (air.canScan) this.scan = (options) => this.#scan(options);
	}

	get address(): string | undefined {
		return this.connection === 500 ? "10.0.0.17" : undefined;
	}

	/** The interface says so, some time later. */
	change(connection: number): void {
		this.#clock.soon(() => {
			if (this.closed || this.connection === connection) return;
			this.connection = connection;
			this.#options.onChanged();
		});
	}

	connect({ SSID, password }: { SSID: string; password?: string }): void {
		if (this.connection === 300) throw new Error("already connecting");
		if (this.#air.broken) throw new Error("connect failed");
		this.connection = 300;
		this.SSID = SSID;
		this.#air.attempts.push(SSID);
		if (!this.#air.inRange.has(SSID) || this.#air.inRange.get(SSID) !== password) this.change(200);
		else {
			this.change(400);
			if (!this.#air.noAddress) this.change(500);
		}
	}

	disconnect(): void {
		this.connection = 200;
	}

	close(): void {
		this.closed = true;
	}

	#scan(options: ScanOptions): void {
		if (this.#air.broken) throw new Error("scan failed");
		this.#air.scans++;
		this.#clock.soon(() => {
			for (const SSID of this.#air.inRange.keys()) options.onFound({ SSID });
			options.onComplete();
		});
	}
}
