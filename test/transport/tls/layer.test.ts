// The layer of TLS: options are checked when it is made, and dates of certificates wait for the clock.

import { jest } from "@jest/globals";
import type { TlsCapability } from "../../../src/transport/tls/capability.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { Authority } from "../../support/authority.js";

const PIN = "ab".repeat(32);

/** A layer that is made and opens nothing. */
const layer = (options: TlsOptions) =>
	tlsLayer({} as TlsCapability)(
		options,
		{
			open() {
				throw new Error("nothing is to be opened");
			},
		},
		[],
	);

let authority: Authority;
let time: number;

beforeAll(() => {
	authority = new Authority();
});
afterAll(() => authority.remove());

beforeEach(() => {
	jest.spyOn(Date, "now").mockImplementation(() => time);
});
afterEach(() => {
	jest.restoreAllMocks();
});

test("with authorities it waits for the clock, looking at it each time; with a pin alone it does not", () => {
	const { pem } = authority.own;
	const [dated, both, pinned] = [layer({ ca: pem }), layer({ ca: pem, pin: PIN }), layer({ pin: PIN })];
	time = 0;
	expect([dated.awaitsClock, both.awaitsClock, pinned.awaitsClock]).toEqual([true, true, false]);
	time = Date.UTC(2026, 1, 1);
	expect([dated.awaitsClock, both.awaitsClock, pinned.awaitsClock]).toEqual([false, false, false]);
});

test("options that cannot work throw when it is made", () => {
	expect(() => layer({})).toThrow(/neither ca nor pin/);
});
