// A socket calls once: what is in the next frame has to be read though nobody calls again, whatever stopped the Client.

import * as connectionReasons from "../../../src/connection/reasons.js";
import { Closed } from "../../../src/transport/websocket/reasons.js";
import { concat, PUBACK, PUBLISH } from "../../support/packets.js";
import { carryOver } from "../../support/place.js";
import { connected, Setup } from "../../support/setup.js";
import { ACCEPTANCE, CLOSING, FRAME } from "../../support/websocket.js";
import { type WebSocketPeer, webSocketCarrier } from "../../support/websocket-peer.js";

carryOver(webSocketCarrier);

const peerOf = (setup: Setup) => setup.peer as WebSocketPeer;
/** Each in a frame of its own, all at once. */
const send = (setup: Setup, ...packets: Uint8Array[]) =>
	peerOf(setup).sendRaw(concat(packets.map((packet) => FRAME(packet))));
const message = (i: number, qos = 0) => PUBLISH("t", `${i}`, { qos, id: qos * i });
const four = [1, 2, 3, 4];

test("after resume", () => {
	const setup = connected();
	setup.client.pause();
	send(setup, ...four.map((i) => message(i)));
	expect(setup.news()).toEqual([]);
	setup.client.resume();
	expect(setup.news()).toEqual(four.map((i) => `message t=${i}`));
});

test("after a handler that pauses each time", () => {
	const got: string[] = [];
	const setup = connected({
		onMessage: (message) => {
			got.push(message.text());
			setup.client.pause();
		},
	});
	send(setup, ...four.map((i) => message(i)));
	for (let i = 1; i <= 4; i++) {
		expect(got).toHaveLength(i);
		setup.client.resume();
	}
	expect(got).toEqual(["1", "2", "3", "4"]);
});

test("after a handler that resumes at once", () => {
	const got: string[] = [];
	const setup = connected({
		onMessage: (message) => {
			got.push(message.text());
			setup.client.pause();
			setup.client.resume();
		},
	});
	send(setup, ...four.map((i) => message(i)));
	expect(got).toEqual(["1", "2", "3", "4"]);
});

test("after handlers that throw", () => {
	const got: string[] = [];
	const setup = connected({
		onMessage: (message) => {
			got.push(message.text());
			if (got.length % 2 > 0) throw new Error("mine");
		},
	});
	expect(() => send(setup, ...four.map((i) => message(i)))).toThrow("mine");
	expect(() => setup.clock.advance(10)).toThrow("mine");
	setup.clock.advance(10);
	expect(got).toEqual(["1", "2", "3", "4"]);
	expect(() => send(setup, message(5))).toThrow("mine");
	expect(got).toHaveLength(5);
});

test("after acknowledgements that found no room", () => {
	const setup = connected({ acknowledgements: 2 }, { room: 30 });
	setup.peer.take();
	setup.client.publish("t", "takes the whole of it!");
	send(setup, ...[1, 2, 3, 4, 5, 6].map((i) => message(i, 1)));
	expect(setup.news()).toEqual(["message t=1 qos1", "message t=2 qos1"]);
	setup.peer.expect(PUBLISH("t", "takes the whole of it!"), ...[1, 2, 3, 4, 5, 6].map((i) => PUBACK(i)));
	expect(setup.news()).toHaveLength(4);
});

test("before the end of the stream, though acknowledgements found no room", () => {
	const setup = connected({ acknowledgements: 2 }, { room: 30, end: "node" });
	setup.peer.take();
	setup.client.publish("t", "takes the whole of it!");
	send(setup, ...four.map((i) => message(i, 1)));
	setup.news();
	setup.peer.end();
	expect(setup.news()).toEqual([
		"message t=3 qos1",
		"message t=4 qos1",
		`disconnected ${connectionReasons.CONNECTION_LOST}`,
	]);
});

test("when CONNACK, messages and a close frame come at once, together with the answer", () => {
	const setup = new Setup();
	const peer = peerOf(setup);
	peer.socket.options.onWritable.call(peer.socket, peer.socket.room);
	const request = Buffer.from(peer.takeRaw()).toString();
	peer.sendRaw(
		ACCEPTANCE(request),
		FRAME(concat([[0x20, 2, 0, 0], message(1)])),
		FRAME(message(2)),
		CLOSING(1001),
	);
	const news = setup.news();
	expect(news.slice(0, 3)).toEqual(["connected false", "message t=1", "message t=2"]);
	expect(news).toHaveLength(4);
	expect(news[3]).toBe(`disconnected ${new Closed(1001)}`);
});

test("a client that is closed in a handler hears nothing more", () => {
	const setup = connected({ onMessage: () => setup.client.close() });
	send(setup, ...four.map((i) => message(i)));
	expect(setup.news()).toEqual([`disconnected ${connectionReasons.CLOSED_BY_APP}`]);
	expect(setup.peer.socket.closed).toBe(true);
	expect(peerOf(setup).take()).toHaveLength(2);
	expect(peerOf(setup).controls).toHaveLength(1);
});
