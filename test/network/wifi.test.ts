// Wi-Fi that comes up, tells why it does not, and comes up again.

import {
	type AccessPoint,
	WIFI_FAILED,
	WIFI_LOST,
	WIFI_NO_ADDRESS,
	WIFI_NOT_FOUND,
	WIFI_REFUSED,
	Wifi,
	type WifiOptions,
} from "../../src/network/wifi.js";
import type { Reason } from "../../src/wire/reason.js";
import { Clock } from "../support/clock.js";
import { Air, FakeCard } from "../support/wifi.js";

const NAMES = new Map<Reason, string>([
	[WIFI_FAILED, "failed"],
	[WIFI_LOST, "lost"],
	[WIFI_NO_ADDRESS, "no address"],
	[WIFI_NOT_FOUND, "not found"],
	[WIFI_REFUSED, "refused"],
]);

function setup(prepare: (air: Air) => void = () => {}, options: Partial<WifiOptions> = {}) {
	const clock = new Clock();
	const air = new Air();
	prepare(air);
	const wifi = air.wifi(clock, options);
	const log: string[] = [];
	const listener = {
		onInterfaceUp: () => log.push(`up ${wifi.up}`),
		onInterfaceDown: (reason: Reason) => log.push(NAMES.get(reason) ?? "?"),
	};
	wifi.attach(listener);
	return { clock, air, wifi, log, listener };
}

const home = (air: Air) => air.inRange.set("home", "secret");

test("it comes up by itself, and tells of it, its address, access point and signal", () => {
	const { clock, wifi, log } = setup(home);
	expect([wifi.up, wifi.address, wifi.SSID, wifi.RSSI]).toEqual([false, undefined, undefined, Number.NaN]);
	expect(log).toEqual([]);
	clock.advance(1000);
	expect(log).toEqual(["up true"]);
	expect([wifi.up, wifi.address, wifi.SSID, wifi.RSSI]).toEqual([true, "10.0.0.17", "home", -61]);
	expect(wifi.reason).toBeUndefined();
	expect(clock.timers).toBe(0);
});

test("an open network is asked without a password", () => {
	const { clock, log } = setup((air) => air.inRange.set("cafe", undefined), {
		accessPoints: [{ SSID: "cafe" }],
	});
	clock.advance(1000);
	expect(log).toEqual(["up true"]);
});

test("what is up already counts as up, and nobody connects again", () => {
	const clock = new Clock();
	const air = new Air();
	const wifi = new Wifi({
		io: class extends FakeCard {
			constructor(options: { onChanged(): void }) {
				super(air, clock, options, 500);
				air.card = this;
			}
		},
		accessPoints: [{ SSID: "home" }],
		timer: clock.timer,
		ticks: clock.ticks,
	});
	expect(wifi.up).toBe(true);
	clock.advance(60_000);
	expect(air.attempts).toEqual([]);
});

test("what is being connected to already, from before the app, is left first", () => {
	const clock = new Clock();
	const air = new Air();
	home(air);
	const wifi = air.wifi(clock, {
		io: class extends FakeCard {
			constructor(options: { onChanged(): void }) {
				super(air, clock, options, 300);
				air.card = this;
			}
		},
	});
	clock.advance(1000);
	expect([wifi.up, air.attempts]).toEqual([true, ["home"]]);
});

test("reconnect leaves an access point through which nothing gets, and begins with the first", () => {
	const { clock, air, wifi, log } = setup((air) => air.inRange.set("shed", undefined), {
		accessPoints: [{ SSID: "home", password: "secret" }, { SSID: "shed" }],
	});
	wifi.reconnect();
	clock.advance(2000);
	expect(log.splice(0)).toEqual(["not found", "up true"]);
	home(air);
	wifi.reconnect();
	expect(log.splice(0)).toEqual(["lost"]);
	clock.advance(2000);
	expect([log, wifi.SSID]).toEqual([["up true"], "home"]);
});

test.each<[string, string, (air: Air) => void]>([
	["not found", "out of range", (air) => air.inRange.set("neighbour", "x")],
	["refused", "a wrong password", (air) => air.inRange.set("home", "another")],
	[
		"failed",
		"what cannot scan cannot tell",
		(air) => {
			air.canScan = false;
		},
	],
	[
		"failed",
		"an interface that throws",
		(air) => {
			air.broken = true;
		},
	],
	[
		"no address",
		"an access point without DHCP",
		(air) => {
			home(air);
			air.noAddress = true;
		},
	],
])("%s: %s", (reason, _what, prepare) => {
	const { clock, wifi, log } = setup(prepare);
	clock.advance(20_250);
	expect(log[0]).toBe(reason);
	expect(NAMES.get(wifi.reason!)).toBe(reason);
	expect(wifi.up).toBe(false);
});

test("an interface that says nothing is given up after connectTimeout, and asked whether the access point is there", () => {
	const { clock, air, log } = setup(home, { connectTimeout: 5000 });
	air.card.change = () => {};
	clock.advance(5000);
	expect(log).toEqual([]);
	clock.advance(250);
	expect(log).toEqual(["refused"]);
});

test("a scan that never ends is given up", () => {
	const { clock, air, log } = setup();
	air.card.scan = () => air.scans++;
	clock.advance(10_000);
	expect([air.scans, log.length]).toEqual([1, 0]);
	clock.advance(500);
	expect(log).toEqual(["failed"]);
});

describe("several access points", () => {
	const accessPoints: AccessPoint[] = [
		{ SSID: "home", password: "secret" },
		{ SSID: "shed" },
		{ SSID: "car" },
	];

	test("are tried in order, without a delay; after the last comes the first, after a delay that doubles", () => {
		const { clock, air, log } = setup(undefined, { accessPoints, reconnectMaximum: 4000 });
		const times: number[] = [];
		const { push } = air.attempts;
		air.attempts.push = (name) => {
			if (name === "home") times.push(clock.ticks());
			return push.call(air.attempts, name);
		};
		clock.advance(30_000);
		expect(air.attempts.slice(0, 7)).toEqual(["home", "shed", "car", "home", "shed", "car", "home"]);
		expect(new Set(log)).toEqual(new Set(["not found"]));
		const gaps = times.slice(1).map((time, i) => time - times[i]);
		// Twice 250 ms from one to the next, and 0.999 of the bound.
		expect(gaps.slice(0, 4)).toEqual([999 + 500, 1998 + 500, 3996 + 500, 3996 + 500]);
	});

	test("the first that lets us in is used; after a loss they are tried from the first on", () => {
		const { clock, air, log, wifi } = setup((air) => air.inRange.set("shed", undefined), { accessPoints });
		clock.advance(2000);
		expect(log.splice(0)).toEqual(["not found", "up true"]);
		expect(wifi.SSID).toBe("shed");
		air.inRange.set("home", "secret");
		air.card.change(200);
		clock.advance(5000);
		expect(log).toEqual(["lost", "up true"]);
		expect(wifi.SSID).toBe("home");
	});
});

test("a loss is told at once, and it comes up again", () => {
	const { clock, air, wifi, log } = setup(home);
	clock.advance(1000);
	air.vanish();
	clock.settle();
	expect(log.splice(0)).toEqual(["up true", "lost"]);
	expect([wifi.up, wifi.reason]).toEqual([false, WIFI_LOST]);
	home(air);
	clock.advance(2000);
	expect(log).toEqual(["up true"]);
});

test("the delay begins anew after a connection that lasted, and not after one that did not", () => {
	const { clock, air } = setup();
	clock.advance(60_000);
	home(air);
	clock.advance(60_000);
	const delayAfterLoss = () => {
		const { length } = air.attempts;
		air.card.change(200);
		for (let waited = 0; ; waited += 250, clock.advance(250)) if (air.attempts.length > length) return waited;
	};
	expect(delayAfterLoss()).toBe(1000);
	clock.advance(5000);
	expect(delayAfterLoss()).toBe(2000);
	clock.advance(10_000);
	expect(delayAfterLoss()).toBe(1000);
});

test("close leaves for good, and says so to who is attached", () => {
	const { clock, air, wifi, log, listener } = setup(home);
	clock.advance(1000);
	wifi.close();
	wifi.close();
	expect(log.splice(0)).toEqual(["up true", "lost"]);
	expect(air.card.closed).toBe(true);
	clock.advance(60_000);
	expect([clock.timers, air.attempts.length]).toEqual([0, 1]);
	wifi.detach(listener);
	wifi.detach(listener);
});

test("who is detached hears nothing, also while others are told", () => {
	const { clock, air, wifi, log, listener } = setup(home);
	wifi.attach({
		onInterfaceUp: () => wifi.detach(listener),
		onInterfaceDown: () => log.push("other"),
	});
	clock.advance(1000);
	air.vanish();
	clock.settle();
	expect(log).toEqual(["up true", "other"]);
});

test.each<[unknown[], RegExp]>([
	[[], /a list of at least one/],
	[{ SSID: "home" } as never, /a list of at least one/],
	[[{ SSID: "" }], /SSID is "": it must/],
	[[{ SSID: "x".repeat(33) }], /1 to 32/],
	[[{ password: "secret" }], /SSID is undefined: it must/],
	[
		[{ SSID: "home" }, { SSID: "shed", password: 12345678 }],
		/^the password of shed must be text of at most 64 characters$/,
	],
	[[{ SSID: "home", password: "x".repeat(65) }], /^the password of home must/],
])("wrong access points are refused: %j", (accessPoints, message) => {
	expect(() => setup(undefined, { accessPoints: accessPoints as never })).toThrow(message);
});
