// WebSocket for the network of Moddable: what manifest_websocket.json puts in the place of ../streams/without/websocket.ts.

/// <reference path="./sdk.d.ts" />

import Logical from "logical";
import { webSocketLayer } from "xs-mqtt/transport/websocket/layer";

const enum Half {
	/** 2 to the power of 16. */
	SIZE = 0x1_0000,
	BITS = 16,
}

// Twice, as one number has 31 bits. On ESP32 and ESP8266 they are the chip's generator's; in the simulator they are
// rand()'s, which begins with the same number each time: there masks hide nothing from anybody.
const random = (): number => ((Math.random() * Half.SIZE) << Half.BITS) ^ (Math.random() * Half.SIZE);

export const webSocket = webSocketLayer(Object.freeze({ random, xor: Logical.xor }));
