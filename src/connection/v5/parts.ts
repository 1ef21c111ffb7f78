// The classes that a client is made of which uses MQTT 5.0, and can fall back to 3.1.1.

import { Outbox5 } from "../../session/v5/outbox.js";
import { Subscriptions5 } from "../../session/v5/subscriptions.js";
import type { Parts } from "../parts.js";
import { Connection5 } from "./connection.js";
import { checkOptions5 } from "./options.js";
import { Reader5 } from "./reader.js";
import { Writer5 } from "./writer.js";

export const parts5: Parts | undefined = Object.freeze({
	checkOptions: checkOptions5,
	Subscriptions: Subscriptions5,
	Outbox: Outbox5,
	Connection: Connection5,
	Writer: Writer5,
	Reader: Reader5,
});
