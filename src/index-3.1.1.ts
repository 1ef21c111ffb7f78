// What an app imports as "xs-mqtt/3.1.1" on a PC, where nothing is saved by leaving MQTT 5.0 out: the same as a board's build
// that leaves it out.

import { Client as AnyClient } from "./client.js";
import type { ClientOptions } from "./connection/options.js";

export * from "./index.js";

/** A Client that uses MQTT 3.1.1 only. */
export class Client extends AnyClient {
	constructor(options: ClientOptions) {
		if (options?.protocolVersion === 5)
			throw new RangeError(
				"protocolVersion is 5, but xs-mqtt/3.1.1 has MQTT 3.1.1 only: import Client from xs-mqtt",
			);
		super({ ...options, protocolVersion: options?.protocolVersion ?? 4 });
	}
}
