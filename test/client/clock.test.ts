// Dates of certificates need a clock that is set: until it is, nothing goes out, and then the connection is made.

import { jest } from "@jest/globals";
import { State } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import { CLOCK_NOT_SET, CONNECT_TIMEOUT } from "../../src/connection/reasons.js";
import { isClockSet } from "../../src/transport/tls/clock.js";
import { FakeLayer } from "../support/layer.js";
import { Setup } from "../support/setup.js";

const NEW_YEAR_2026 = Date.UTC(2026, 0, 1);

let time: number;

beforeEach(() => {
	time = 12_345; // as after power-on
	jest.spyOn(Date, "now").mockImplementation(() => time);
});

afterEach(() => {
	jest.restoreAllMocks();
});

/** A Client whose stream checks dates. */
function setup(options: Partial<ClientOptions> = {}, layer = new FakeLayer(() => !isClockSet())) {
	const it = new Setup({
		host: "broker.local",
		tls: {},
		streams: { tls: layer.layer },
		random: () => 0.999,
		connectTimeout: 10_000,
		...options,
	});
	/** Names asked for, and sockets opened. */
	const dialed = () => [it.place.lookups.length, it.place.peers.length];
	return Object.assign(it, { dialed });
}

test("with a clock that is not set, no name is asked for and nothing is dialed; the reason tells what to do", () => {
	const it = setup();
	it.clock.advance(9750);
	expect([it.client.state, it.dialed(), it.news()]).toEqual([State.CONNECTING, [0, 0], []]);
	it.clock.advance(250);
	expect(it.news()).toEqual([`disconnected ${CLOCK_NOT_SET}`]);
	expect([it.client.state, it.dialed()]).toEqual([State.WAITING, [0, 0]]);
	expect(CLOCK_NOT_SET.message).toMatch(/use Sntp.*or set the clock yourself/);
});

test("it is looked at four times a second, and the connection made when it is set", () => {
	const it = setup({ host: "10.0.0.1" });
	it.clock.advance(2000);
	time = NEW_YEAR_2026 + 1;
	expect(it.dialed()).toEqual([0, 0]);
	it.clock.advance(250);
	expect(it.dialed()).toEqual([0, 1]);
	it.peer.accept();
	expect(it.news()).toEqual(["connected false"]);
	const { fired } = it.clock;
	it.clock.advance(10_000);
	expect(it.clock.fired - fired).toBeLessThan(3);
});

test("who waits for the network alone does not look at the clock, and wakes for nothing", () => {
	time = NEW_YEAR_2026 + 1;
	const it = setup({ host: "10.0.0.1", connectTimeout: 30_000 });
	it.client.wakeWithin(100);
	it.clock.advance(29_000);
	expect(it.clock.fired).toBeLessThan(3);
	expect(it.news()).toEqual([]);
});

test("the name and the broker have what is left of connectTimeout, and their failure is their own", () => {
	const it = setup();
	it.clock.advance(5000);
	time = NEW_YEAR_2026 + 1;
	it.clock.advance(4750);
	expect([it.dialed(), it.news()]).toEqual([[1, 0], []]);
	it.clock.advance(250);
	expect(it.news()).toEqual([`disconnected ${CONNECT_TIMEOUT}`]);
});

test("an attempt that waited in vain is repeated, and is the same host's again", () => {
	const it = setup({ host: ["a.local", "b.local"] });
	it.clock.advance(10_000);
	it.news();
	time = NEW_YEAR_2026 + 1;
	it.clock.advance(1000);
	expect(it.place.lookups.map(({ host }) => host)).toEqual(["a.local"]);
	expect(it.client.statistics.attempts).toBe(2);
});

test("a client that is closed meanwhile looks no more", () => {
	const it = setup();
	it.clock.advance(1000);
	it.client.close();
	time = NEW_YEAR_2026 + 1;
	it.clock.advance(60_000);
	expect([it.clock.timers, it.dialed()]).toEqual([0, [0, 0]]);
});

test("a stream that checks no dates is dialed at once, and so is plain TCP", () => {
	const layered = setup({ host: "10.0.0.1" }, new FakeLayer(() => false));
	const silent = setup({ host: "10.0.0.1" }, new FakeLayer());
	const plain = new Setup();
	expect([layered.dialed(), silent.dialed(), plain.place.peers.length]).toEqual([[0, 1], [0, 1], 1]);
});

test("a clock that firmware from before 2026 has left behind counts as not set", () => {
	time = NEW_YEAR_2026;
	const it = setup();
	it.clock.advance(250);
	expect(it.dialed()).toEqual([0, 0]);
	time++;
	it.clock.advance(250);
	expect(it.dialed()).toEqual([1, 0]);
});
