// The classes that a client is made of. Those of 5.0 extend them: v5/parts.ts.

import { Outbox } from "../session/outbox.js";
import { Subscriptions } from "../session/subscriptions.js";
import { Connection } from "./connection.js";
import { checkOptions } from "./options.js";
import { Reader } from "./reader.js";
import { Writer } from "./writer.js";

export interface Parts {
	readonly checkOptions: typeof checkOptions;
	readonly Subscriptions: typeof Subscriptions;
	readonly Outbox: typeof Outbox;
	readonly Connection: typeof Connection;
	readonly Writer: typeof Writer;
	readonly Reader: typeof Reader;
}

/** MQTT 3.1.1. */
export const parts4: Parts = Object.freeze({
	checkOptions,
	Subscriptions,
	Outbox,
	Connection,
	Writer,
	Reader,
});
