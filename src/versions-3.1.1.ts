// In place of versions.ts in a build that uses MQTT 3.1.1 only: nothing of 5.0 comes with it.

import type { Parts } from "./connection/parts.js";

export const parts5: Parts | undefined = undefined;
