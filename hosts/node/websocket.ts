// WebSocket for the Node host: our own, with Node's random numbers and digests. Knows Node.

import { createHash, randomBytes } from "node:crypto";
import { webSocketLayer } from "../../src/transport/websocket/layer.js";

export const webSocket = webSocketLayer({
	random: () => randomBytes(4).readInt32LE(0),
	sha1: (bytes) => new Uint8Array(createHash("sha1").update(bytes).digest()).buffer,
});
