// The time of day from a time server, judged by what comes from the network and what must not be believed.

import type { InterfaceListener } from "../../src/connection/network.js";
import { Sntp, type SntpOptions } from "../../src/network/sntp.js";
import { Place } from "../support/place.js";

const NEW_YEAR_2027 = Date.UTC(2027, 0, 1);

/** A time server at the other end, and everything it was sent. */
function setup(options: Partial<SntpOptions> = {}, start?: number) {
	const place = new Place({}, start);
	const sent: { bytes: Uint8Array; address: string; port: number }[] = [];
	const sockets: { closed: boolean; deliver(...packets: ArrayBuffer[]): void }[] = [];
	const times: number[] = [];
	let draw = 0;
	const sntp = new Sntp({
		...place.network,
		random: () => (draw = (draw + 0.37) % 1),
		onTime: (time) => times.push(time),
		udp: {
			io: class {
				closed = false;
				#packets: ArrayBuffer[] = [];
				#onReadable: (count: number) => void;
				constructor({ onReadable }: { onReadable(count: number): void }) {
					this.#onReadable = onReadable;
					sockets.push(this);
				}
				deliver(...packets: ArrayBuffer[]): void {
					this.#packets.push(...packets);
					this.#onReadable(packets.length);
				}
				read(): ArrayBuffer | undefined {
					return this.#packets.shift();
				}
				write(view: Uint8Array, address: string, port: number): void {
					sent.push({ bytes: view.slice(), address, port });
				}
				close(): void {
					this.closed = true;
				}
			},
		},
		...options,
	});
	place.clock.advance(0);
	const resolve = () => place.lookups.at(-1)!.onResolved("pool.ntp.org", "10.0.0.9");
	return { place, clock: place.clock, sntp, sent, sockets, times, resolve };
}

/** What a server answers to `request` at `time`. */
function answer(
	request: Uint8Array,
	time: number,
	change: (bytes: Uint8Array) => void = () => {},
): ArrayBuffer {
	const bytes = new Uint8Array(48);
	bytes[0] = 0x24;
	bytes[1] = 2;
	bytes.set(request.subarray(40, 48), 24);
	const view = new DataView(bytes.buffer);
	const seconds = time / 1000 + 2_208_988_800;
	view.setUint32(40, Math.floor(seconds) >>> 0);
	view.setUint32(44, Math.floor((seconds % 1) * 0x1_0000_0000));
	change(bytes);
	return bytes.buffer;
}

test("it asks, and knows the time: half the way of the answer is added, and ticks go on from there", () => {
	const { clock, sntp, sent, sockets, times, resolve } = setup();
	expect(sntp.now()).toBeNaN();
	resolve();
	expect(sent.map(({ address, port, bytes }) => [address, port, bytes.length, bytes[0]])).toEqual([
		["10.0.0.9", 123, 48, 0x23],
	]);
	clock.advance(80);
	sockets[0].deliver(answer(sent[0].bytes, NEW_YEAR_2027 + 250));
	expect(times).toEqual([NEW_YEAR_2027 + 290]);
	expect(sockets[0].closed).toBe(true);
	clock.advance(60_000);
	expect(sntp.now()).toBe(NEW_YEAR_2027 + 60_290);
});

test("the host's clock is set first, each time, and then the app is told", () => {
	const log: string[] = [];
	const { clock, place, sent, sockets, resolve } = setup({
		interval: 60_000,
		setClock: (time) => log.push(`set ${time}`),
		onTime: (time) => log.push(`told ${time}`),
	});
	resolve();
	sockets[0].deliver(answer(sent[0].bytes, 0, (bytes) => bytes.fill(0, 40)));
	expect(log).toEqual([]);
	while (place.lookups.length === 1) clock.advance(1000);
	resolve();
	sockets[1].deliver(answer(sent[1].bytes, NEW_YEAR_2027));
	clock.advance(60_000);
	resolve();
	sockets[2].deliver(answer(sent[2].bytes, NEW_YEAR_2027 + 60_500));
	expect(log).toEqual(
		[NEW_YEAR_2027, NEW_YEAR_2027 + 60_500].flatMap((time) => [`set ${time}`, `told ${time}`]),
	);
});

test("years after 2036, where the protocol's seconds begin anew", () => {
	const { sent, sockets, times, resolve } = setup();
	resolve();
	const time = Date.UTC(2040, 5, 1);
	sockets[0].deliver(answer(sent[0].bytes, time));
	expect(times).toEqual([time]);
});

test.each<[string, (bytes: Uint8Array) => void]>([
	["does not repeat our number", (bytes) => bytes[24]++],
	["is a question", (bytes) => (bytes[0] = 0x23)],
	["has a server that is not synchronized", (bytes) => (bytes[0] |= 0xc0)],
	["says go away (stratum 0)", (bytes) => (bytes[1] = 0)],
	["has a stratum past the last", (bytes) => (bytes[1] = 16)],
	["has no time", (bytes) => bytes.fill(0, 40)],
])("an answer is not believed that %s", (_what, change) => {
	const { sntp, sent, sockets, times, resolve } = setup();
	resolve();
	sockets[0].deliver(answer(sent[0].bytes, NEW_YEAR_2027, change));
	expect([times, sntp.now()]).toEqual([[], Number.NaN]);
});

test("what is too short is passed over, and the answer behind it is taken", () => {
	const { sent, sockets, times, resolve } = setup();
	resolve();
	sockets[0].deliver(new ArrayBuffer(47), new ArrayBuffer(0), answer(sent[0].bytes, NEW_YEAR_2027));
	expect(times).toEqual([NEW_YEAR_2027]);
});

test("without an answer it asks again, later each time and never within 15 seconds, with another number", () => {
	const { clock, place, sent, resolve } = setup({ random: () => 0.5 });
	const at: number[] = [];
	for (let i = 0; i < 6; i++) {
		const { length } = place.lookups;
		resolve();
		while (place.lookups.length === length) clock.advance(100);
		at.push(clock.ticks());
	}
	const gaps = at.slice(1).map((time, i) => time - at[i]);
	// 10 s for the answer, 15 s, and half of a bound that doubles.
	expect(gaps).toEqual([15_000, 30_000, 60_000, 120_000, 240_000].map((delay) => 25_000 + delay));
	expect(sent.length).toBe(6);
});

test("a name that is not found, and a socket that throws, are tried again", () => {
	const { clock, place } = setup();
	place.lookups[0].onError(new Error());
	place.noResolver = true;
	clock.advance(60_000);
	expect(place.lookups.length).toBe(1);
	place.noResolver = false;
	clock.advance(120_000);
	expect(place.lookups.length).toBeGreaterThan(1);
});

test("after the interval it asks again; meanwhile nothing runs but a timer", () => {
	const { clock, place, sent, sockets, resolve, times } = setup({ interval: 3_600_000 });
	resolve();
	sockets[0].deliver(answer(sent[0].bytes, NEW_YEAR_2027));
	clock.advance(3_599_000);
	expect([place.lookups.length, clock.timers]).toEqual([1, 1]);
	clock.advance(1000);
	expect(place.lookups.length).toBe(2);
	resolve();
	sockets[1].deliver(answer(sent[1].bytes, NEW_YEAR_2027 + 3_600_500));
	expect(times).toEqual([NEW_YEAR_2027, NEW_YEAR_2027 + 3_600_500]);
});

test("ticks may wrap, also while no server answers", () => {
	const { clock, sntp, sent, sockets, resolve } = setup({}, 2 ** 32 - 1000);
	resolve();
	sockets[0].deliver(answer(sent[0].bytes, NEW_YEAR_2027));
	const days60 = 60 * 86_400_000;
	clock.advance(days60);
	expect(sntp.now()).toBe(NEW_YEAR_2027 + days60);
});

test("it waits for the network, and asks when it is there", () => {
	let listener!: InterfaceListener;
	const net = {
		up: false,
		attach: (it: InterfaceListener) => {
			listener = it;
		},
		detach: () => {},
	};
	const { clock, place, sockets, resolve, sntp } = setup({ interface: net });
	clock.advance(3_600_000);
	expect(place.lookups.length).toBe(0);
	listener.onInterfaceUp();
	expect(place.lookups.length).toBe(1);
	resolve();
	listener.onInterfaceDown({} as never);
	expect([sockets[0].closed, clock.timers]).toEqual([true, 0]);
	listener.onInterfaceUp();
	sntp.close();
	resolve();
	clock.advance(86_400_000);
	expect([sockets.length, clock.timers]).toEqual([1, 0]);
});

test("options that cannot work are refused", () => {
	expect(() => setup({ udp: undefined })).toThrow(/udp is missing/);
	expect(() => setup({ interval: 1000 })).toThrow(/interval is 1000/);
	expect(() => setup({ onTime: 5 as never })).toThrow(/onTime is 5, of type number: it must be a function/);
});
