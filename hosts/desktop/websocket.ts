// WebSocket with what this place has for it. Device code. SHA-1 is its own, as on boards: OpenSSL may be missing.

import { random, xor } from "desktop/bytes";
import { webSocketLayer } from "../../src/transport/websocket/layer.js";

export const webSocket = webSocketLayer(Object.freeze({ random, xor }));
