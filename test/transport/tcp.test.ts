// Streams that are TCP sockets: how they are made, and to whom they speak.

import type { Stream, StreamOwner } from "../../src/transport/stream.js";
import { openTcp } from "../../src/transport/tcp.js";
import { Place } from "../support/place.js";

function open() {
	const place = new Place({ room: 100 });
	const log: string[] = [];
	const owner = {
		stream: undefined as Stream | undefined,
		decoder: { onReadable: (count: number) => log.push(`readable ${count}`) },
		onWritable: (count: number) => log.push(`writable ${count}`),
		onError: () => log.push("error"),
	};
	const capability = { ...place.network.socket, certificate: "c" };
	owner.stream = openTcp(capability, "broker.local", "1.2.3.4", 1883, owner satisfies StreamOwner);
	return { owner, log, peer: place.peer };
}

test("the capability's own options reach the socket", () => {
	const { peer } = open();
	expect(peer.socket.options).toMatchObject({
		address: "1.2.3.4",
		port: 1883,
		noDelay: true,
		certificate: "c",
	});
});

test("its owner hears of room, of bytes and of the end", () => {
	const { peer, log } = open();
	peer.open();
	peer.send(Uint8Array.of(1, 2, 3));
	peer.fail();
	expect(log).toEqual(["writable 100", "readable 3", "error"]);
});

test("of one that it has no more, it hears nothing", () => {
	const { owner, peer, log } = open();
	owner.stream = undefined;
	peer.open();
	peer.send(Uint8Array.of(1));
	peer.fail();
	expect(log).toEqual([]);
});

test("what the socket's constructor throws goes on", () => {
	const place = new Place();
	place.noSockets = true;
	expect(() => openTcp(place.network.socket, "x", "1.2.3.4", 1, {} as StreamOwner)).toThrow("no socket");
});
