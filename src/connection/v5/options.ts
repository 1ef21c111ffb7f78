// The options that only MQTT 5.0 has: what they mean, their defaults, and the checks at the call.

import { whole } from "../../wire/check.js";
import { type ClientOptions, checkOptions, type Settings } from "../options.js";

/** What only MQTT 5.0 has. Under 3.1.1 they throw at construction when they are set. */
export interface Options5 {
	/**
	 * Seconds for which the broker keeps the session after the connection has ended, 0 to 0xffffffff, which is for ever
	 * (section 3.1.2.11.2). With `clean` 0. Default 0xffffffff.
	 */
	sessionExpiry?: number;
	/** Bytes of a received message's properties that are kept, 16 to 65535; see `message.properties`. Default 128. */
	propertySize?: number;
	/** Topics at most that go out as an alias, 0 to 65535, within the broker's limit (section 3.3.2.3.4). Default 4. */
	topicAliases?: number;
	/** Aliases that the broker may use for topics, 0 to 256; each claims topicSize bytes. Default 0. */
	aliases?: number;
}

export interface Settings5 extends Settings {
	sessionExpiry: number;
	propertySize: number;
	topicAliases: number;
	aliases: number;
}

/** Throws on options that cannot work, with the value and the rule. */
export const checkOptions5 = (options: ClientOptions): Settings5 => {
	const settings = checkOptions(options) as Settings5;
	settings.sessionExpiry = whole(
		"sessionExpiry",
		options.sessionExpiry,
		options.clean ? 0 : 0xffffffff,
		0,
		0xffffffff,
	);
	settings.propertySize = whole("propertySize", options.propertySize, 128, 16, 65_535);
	settings.topicAliases = whole("topicAliases", options.topicAliases, 4, 0, 65_535);
	settings.aliases = whole("aliases", options.aliases, 0, 0, 256);
	return settings;
};
