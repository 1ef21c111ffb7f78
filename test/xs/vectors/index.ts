// All vectors.

import { inboundVectors } from "./inbound.js";
import { outboundVectors } from "./outbound.js";
import { packets5Vectors } from "./packets5.js";
import { storeVectors } from "./store.js";
import { textVectors } from "./text.js";
import type { Vector } from "./vector.js";
import { webSocketVectors } from "./websocket.js";

export const vectors: readonly Vector[] = [
	...inboundVectors,
	...outboundVectors,
	...packets5Vectors,
	...storeVectors,
	...textVectors,
	...webSocketVectors,
];
