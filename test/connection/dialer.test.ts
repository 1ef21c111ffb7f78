// From host name to stream.

import { Dialer, RESOLVE_FAILED, SOCKET_FAILED } from "../../src/connection/dialer.js";
import type { Stream } from "../../src/transport/stream.js";
import { Place } from "../support/place.js";

function dialer(host: string | readonly string[]) {
	const place = new Place();
	const log: string[] = [];
	const made = new Dialer({ ...place.network, host }, undefined, {
		stream: undefined as Stream | undefined,
		input: { onReadable: () => log.push("readable") },
		onDialed: () => log.push("dialed"),
		onDialFailed: (reason) =>
			log.push(reason === RESOLVE_FAILED ? "no name" : reason === SOCKET_FAILED ? "no socket" : "?"),
		onWritable: () => log.push("writable"),
		onError: () => log.push("failed"),
	});
	return { place, log, dialer: made };
}

test("an address needs no resolver", () => {
	const { place, log, dialer: it } = dialer("192.168.1.20");
	it.dial();
	expect(place.resolvers.length + place.lookups.length).toBe(0);
	expect(place.peer.socket.options).toMatchObject({ address: "192.168.1.20", port: 1883 });
	expect(log).toEqual(["dialed"]);
});

test.each(["broker.local", "1a", "10.0.0.x"])(
	"%s is a name: one resolver, with the host's options, asks each time",
	(host) => {
		const { place, log, dialer: it } = dialer(host);
		it.dial();
		expect(place.resolvers).toMatchObject([{ servers: ["10.0.0.53"] }]);
		place.lookups[0].onResolved(host, "10.1.1.1");
		it.dial();
		place.lookups[1].onResolved(host, "10.1.1.2");
		expect(place.resolvers.length).toBe(1);
		expect(place.peers.map((peer) => peer.socket.options.address)).toEqual(["10.1.1.1", "10.1.1.2"]);
		expect(log).toEqual(["dialed", "dialed"]);
	},
);

test("a name that is not found, or cannot be asked for, fails the attempt", () => {
	const { place, log, dialer: it } = dialer("x");
	place.noResolver = true;
	it.dial();
	place.noResolver = false;
	it.dial();
	place.lookups[0].onError(new Error());
	expect(log).toEqual(["no name", "no name"]);
});

test("a socket that cannot be opened fails the attempt", () => {
	const { place, log, dialer: it } = dialer("1.2.3.4");
	place.noSockets = true;
	it.dial();
	expect(log).toEqual(["no socket"]);
});

test("answers to an attempt that was given up, or answered, are ignored", () => {
	const { place, log, dialer: it } = dialer("x");
	it.dial();
	it.cancel();
	place.lookups[0].onResolved("x", "1.1.1.1");
	it.dial();
	it.dial();
	place.lookups[1].onError(new Error());
	place.lookups[2].onResolved("x", "1.1.1.2");
	place.lookups[2].onResolved("x", "1.1.1.3");
	place.lookups[2].onError(new Error());
	expect(log).toEqual(["dialed"]);
	expect(place.peers.length).toBe(1);
});

test("of several, each is resolved or not by what it is, also when others have answered late", () => {
	const { place, dialer: it } = dialer(["10.0.0.1", "b", "10.0.0.3"]);
	it.dial();
	it.turnToNext(false);
	it.dial();
	it.turnToNext(false);
	it.dial();
	place.lookups[0].onResolved("b", "10.9.9.9");
	expect(place.lookups.map(({ host }) => host)).toEqual(["b"]);
	expect(place.peers.map(({ socket }) => socket.options.address)).toEqual(["10.0.0.1", "10.0.0.3"]);
});

test("when all have refused, one by one, it says so", () => {
	const { dialer: it } = dialer(["a", "b"]);
	const answers = [true, true, true, false, true, true].map((refused) => it.turnToNext(refused));
	expect(answers).toEqual([false, true, false, false, false, true]);
	it.turnToNext(true);
	it.keepHost();
	expect(it.turnToNext(true)).toBe(false);
});
