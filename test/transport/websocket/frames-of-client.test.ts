// The Client's suites about what comes, with each five bytes in a frame of their own, and pongs between: they take no room.

import { concat } from "../../support/packets.js";
import { carryOver } from "../../support/place.js";
import { FRAME, PONG } from "../../support/websocket.js";
import { WebSocketPeer, webSocketCarrier } from "../../support/websocket-peer.js";

const SIZE = 5;

class SmallFrames extends WebSocketPeer {
	override framing = (bytes: Uint8Array): Uint8Array => {
		const frames: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; at += SIZE) {
			frames.push(FRAME(bytes.slice(at, at + SIZE)));
			if (at % (7 * SIZE) === 0) frames.push(FRAME("", { opcode: PONG }));
		}
		return concat(frames);
	};
}

carryOver({ ...webSocketCarrier, Peer: SmallFrames });

for (const suite of ["exactly-once", "hostile", "receive", "reentrancy", "routing", "subscribe"])
	await import(`../../client/${suite}.test.js`);
