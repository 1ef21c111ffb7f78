// Chapter 6 of MQTT 5.0: a Client that speaks 5.0 over WebSocket.

import { State } from "../../../src/client.js";
import { NO_SUBPROTOCOL, TEXT_FRAME } from "../../../src/transport/websocket/reasons.js";
import { concat, PINGREQ } from "../../support/packets.js";
import { CONNACK5, PUBLISH5, user } from "../../support/packets5.js";
import { carryOver } from "../../support/place.js";
import { connected5, Setup5 } from "../../support/setup5.js";
import {
	ACCEPTANCE,
	BINARY,
	CLOSE,
	FRAME,
	FrameReader,
	headerOf,
	TEXT,
	textOf,
} from "../../support/websocket.js";
import { type WebSocketPeer, webSocketCarrier } from "../../support/websocket-peer.js";

beforeAll(() => carryOver(webSocketCarrier));
afterAll(() => carryOver(undefined));

const peerOf = (setup: Setup5) => setup.peer as WebSocketPeer;

/** The kinds of all frames that were sent, and what the binary ones hold. */
function frames(setup: Setup5): { kinds: number[]; held: Uint8Array } {
	const reader = new FrameReader();
	const kinds = reader.add(peerOf(setup).takeRaw()).map(({ opcode }) => opcode);
	return { kinds, held: reader.takeBinary() };
}

test("[5.0 MQTT-6.0.0-1] packets of each kind go in binary frames, and in no other", () => {
	const setup = connected5({ keepAlive: 10_000, packetSize: 200 }, { topicAliasMaximum: 4 });
	const { client, clock } = setup;
	client.publish("topic", "short");
	client.publish("topic", "x".repeat(180), 1);
	client.publish("topic", "y".repeat(500), 2);
	client.subscribe("s", 1);
	clock.advance(9000);
	const { kinds, held } = frames(setup);
	expect(new Set(kinds)).toEqual(new Set([BINARY]));
	expect(kinds.length).toBeGreaterThan(5);
	expect(held.slice(-2)).toEqual(PINGREQ);
});

test("[5.0 MQTT-6.0.0-1] a text frame closes the connection, whatever it holds", () => {
	const setup = connected5();
	peerOf(setup).sendRaw(FRAME(PUBLISH5("t", "1")), FRAME(PUBLISH5("t", "2"), { opcode: TEXT }));
	expect(setup.news()).toEqual(["message t=1", `disconnected ${TEXT_FRAME}`]);
	expect(setup.peer.socket.closed).toBe(true);
	expect(frames(setup).kinds.at(-1)).toBe(CLOSE);
});

test("[5.0 MQTT-6.0.0-2] a frame may hold several packets, and a packet may be in several frames", () => {
	const packets = [1, 2, 3, 4].map((i) => PUBLISH5("t", `${i}`, [user("name", `${i}`)]));
	const all = concat(packets);
	for (let size = 1; size <= all.length; size++) {
		const setup = connected5();
		for (let at = 0; at < all.length; at += size) peerOf(setup).sendRaw(FRAME(all.slice(at, at + size)));
		expect(setup.news()).toEqual([1, 2, 3, 4].map((i) => `message t=${i}`));
		expect(setup.client.state).toBe(State.CONNECTED);
	}
});

test("[5.0 MQTT-6.0.0-3] the request offers the subprotocol mqtt", () => {
	const setup = connected5();
	expect(headerOf(peerOf(setup).request, "Sec-WebSocket-Protocol")).toBe("mqtt");
});

test.each(["", "mqttv5", "chat", "mqtt, chat"])(
	"[5.0 MQTT-6.0.0-4] an answer with the subprotocol %j is refused, and nothing of MQTT is sent",
	(subprotocol) => {
		const setup = new Setup5();
		const peer = peerOf(setup);
		peer.socket.options.onWritable.call(peer.socket, peer.socket.room);
		const answer = textOf(ACCEPTANCE(textOf(peer.takeRaw())));
		peer.sendRaw(
			Uint8Array.from(Buffer.from(answer.replace("Protocol: mqtt", `Protocol: ${subprotocol}`))),
			FRAME(CONNACK5()),
		);
		expect(setup.news()).toEqual([`disconnected ${NO_SUBPROTOCOL}`]);
		expect(peer.takeRaw()).toHaveLength(0);
	},
);

test("[5.0 MQTT-6.0.0-4] an answer with the subprotocol mqtt is taken, and CONNECT goes", () => {
	const setup = new Setup5();
	setup.peer.open();
	expect(setup.sent()).toMatchObject([{ cmd: "connect", protocolVersion: 5 }]);
});
