// In the place of ../../websocket/websocket.ts, where manifest_websocket.json is not included.

import type { Layer } from "../../../../src/transport/stream.js";
import type { WebSocketOptions } from "../../../../src/transport/websocket/options.js";

export const webSocket: Layer<WebSocketOptions> | undefined = undefined;
