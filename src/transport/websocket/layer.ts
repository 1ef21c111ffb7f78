// Puts WebSocket over the streams that another factory makes, TCP's or TLS's. Knows how one is made.

import type { Layer } from "../stream.js";
import type { WebSocketCapability } from "./capability.js";
import { Frames } from "./frames.js";
import { Handshake } from "./handshake.js";
import type { WebSocketOptions } from "./options.js";
import { checkWebSocket } from "./request.js";
import { Scratch } from "./scratch.js";
import { WebSocketStream } from "./stream.js";

/** Ports that the header Host leaves out. */
const enum Port {
	HTTP = 80,
	HTTPS = 443,
}

/** What a host gives as `network.streams.webSocket`. */
export const webSocketLayer =
	(capability: WebSocketCapability): Layer<WebSocketOptions> =>
	(options, below) => {
		const path = checkWebSocket(options);
		const scratch = new Scratch();
		const frames = new Frames();
		const { isSecure } = below;
		return {
			isSecure,
			get awaitsClock() {
				return below.awaitsClock;
			},
			open: (host, address, port, owner) => {
				const authority = port === (isSecure ? Port.HTTPS : Port.HTTP) ? host : `${host}:${port}`;
				const handshake = new Handshake(path, authority, options, capability);
				const stream = new WebSocketStream(owner, scratch, frames, capability, handshake);
				return stream.begin(below.open(host, address, port, stream));
			},
		};
	};
