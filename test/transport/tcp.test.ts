// The quirks of sockets: which of their events are heard, and what comes of a write that they refuse.

import type { Stream } from "../../src/transport/stream.js";
import { openTcp } from "../../src/transport/tcp.js";
import { PUBLISH } from "../support/packets.js";
import { Place } from "../support/place.js";
import { connected } from "../support/setup.js";

function open() {
	const place = new Place();
	const log: string[] = [];
	const capability = { ...place.network.socket, certificate: "c" };
	const owner = {
		stream: undefined as Stream | undefined,
		input: { onReadable: (count: number) => log.push(`readable ${count}`) },
		onWritable: (count: number) => log.push(`writable ${count}`),
		onError: () => log.push("error"),
	};
	owner.stream = openTcp(capability, "1.2.3.4", 1883, owner);
	return { owner, log, peer: place.peer };
}

const bytes = (length: number) => new Uint8Array(length).fill(1);

test("the capability's own options reach the socket", () => {
	const { peer, owner } = open();
	expect(peer.socket.options).toMatchObject({
		address: "1.2.3.4",
		port: 1883,
		noDelay: true,
		certificate: "c",
	});
	expect(peer.socket.target).toBe(owner);
});

test("the events of a socket reach its owner, with counts", () => {
	const { peer, log } = open();
	peer.open();
	peer.send(bytes(3));
	peer.fail();
	expect(log).toEqual(["writable 1536", "readable 3", "error"]);
});

test.each(["closed", "replaced"])("those of one that was %s do not", (how) => {
	const { peer, owner, log } = open();
	owner.stream = how === "closed" ? undefined : new Place().network.socket.io.prototype;
	peer.open();
	peer.send(bytes(3));
	peer.fail();
	expect(log).toEqual([]);
});

test("no room is believed in before the connection is made, then what the socket says", () => {
	const { client, peer } = connected({}, { room: 100 });
	const publish = () => client.publish("t", "x".repeat(25));
	for (let i = 0; i < 4; i++) publish(); // 30 bytes each
	expect(peer.writes.length).toBe(1 + 3);
	expect(peer.socket.overruns).toBe(0);
	peer.take();
	expect(peer.writes.length).toBe(1 + 4);
});

describe("a write that the socket refuses, whatever room it said it had,", () => {
	const messages = ["1", "2", "3"].map((payload) => PUBLISH("t", payload));

	test("is not lost, and no room is believed in until it is announced", () => {
		const { client, peer } = connected({}, { segments: 1 });
		for (const payload of ["1", "2", "3"]) expect(client.publish("t", payload)).toBe(0);
		expect(peer.writes.length).toBe(1 + 1);
		peer.expect(...messages);
	});

	test("goes out after a moment too, for the socket may never tell", () => {
		const quirks = { segments: 9 };
		const { client, peer, clock } = connected({}, quirks);
		quirks.segments = 0;
		for (const payload of ["1", "2", "3"]) client.publish("t", payload);
		quirks.segments = 3;
		clock.advance(1000);
		expect(peer.writes.slice(1)).toEqual(messages);
	});

	test.each(["refuses", "has failed"])("leaves the send window whole: the socket %s", (how) => {
		const quirks = { segments: 9 };
		const setup = connected({ packetSize: 500 }, quirks);
		quirks.segments = 0;
		if (how === "has failed") setup.peer.failSilently();
		// One in the window, then one that fills it.
		expect(setup.client.publish("t", "x")).toBe(0);
		expect(setup.client.publish("t", "y".repeat(490), 1)).toBe(1);
		quirks.segments = 9;
		setup.reconnect(true).expect(PUBLISH("t", "x"), PUBLISH("t", "y".repeat(490), { qos: 1, id: 1 }));
	});
});

test("a socket that throws at close does no harm", () => {
	const { client, peer } = connected();
	peer.socket.close();
	expect(() => client.close()).not.toThrow();
});
