// Options that only MQTT 5.0 has: meanings, defaults and checks.

import type { Authenticator } from "../../authentication/authenticator.js";
import { checkBoolean, checkFunction, checkWhole } from "../../wire/check.js";
import { encodePairs } from "../../wire/v5/properties.js";
import { type ClientOptions, checkOptions, type Settings } from "../options.js";
import { checkAuthenticator } from "./authentication.js";

/**
 * Options that only MQTT 5.0 has. With `protocolVersion: 4` the constructor throws if one is set; a build without 5.0 ignores
 * all but `authentication`. With any of them the client does not fall back to 3.1.1: if the broker does not know 5.0,
 * `onDisconnected` gets its refusal.
 */
export interface Options5 {
	/**
	 * Seconds for which the broker keeps the session after the connection has ended, 0 to 0xffffffff, which means that it
	 * never expires (section 3.1.2.11.2). The broker may grant less: see `client.limits.sessionExpiry`. Default 0xffffffff;
	 * with `clean` 0.
	 */
	sessionExpiry?: number;
	/** Bytes of properties that are kept of a received message, 32 to 65535: see `message.properties`. Default 128. */
	propertySize?: number;
	/** How many topics are sent as an alias, 0 to 65535, within the broker's limit (section 3.3.2.3.4). Default 4. */
	topicAliases?: number;
	/**
	 * How many aliases the broker may use for topics, 0 to 256 (section 3.1.2.11.5). Each takes topicSize bytes of memory.
	 * Default 0.
	 */
	aliases?: number;
	/**
	 * Bytes of the largest packet that the broker may send, 16 to 0xffffffff (section 3.1.2.11.4). The broker drops larger
	 * messages, including those that a handler could have received in parts. Default: no limit.
	 */
	maximumPacketSize?: number;
	/** Asks the broker for reason strings with failures (section 3.1.2.11.7): see `client.received`. Default false. */
	problemInformation?: boolean;
	/** Asks for `client.limits.responseInformation` (section 3.1.2.11.6). Default false. */
	responseInformation?: boolean;
	/** User properties of CONNECT: pairs of name and value (section 3.1.2.11.8). Default: none. */
	userProperties?: readonly (readonly [string, string])[];
	/**
	 * The broker asks the client to use another server (section 4.11). Return true to connect to it: it gets the same CONNECT,
	 * with user name and password. If the broker names several servers, this is called for one after the other until it
	 * returns true. With TLS the certificate must be for the new host. The client follows at most three redirects in a row,
	 * then returns to the option `host`. If not set, no redirect is followed.
	 * @param host host name or IPv4 address
	 */
	onRedirect?(host: string, port: number): boolean;
	/**
	 * Enhanced authentication (section 4.12): `new Scram(...)` of xs-mqtt/scram, or an authenticator of your own. Each Client
	 * needs its own.
	 */
	authentication?: Authenticator;
	/** `client.reauthenticate()` has succeeded. */
	onReauthenticated?(): void;
}

/** How `close` ends the connection and the session. */
export interface Ending {
	/** Whether the broker publishes the will (section 3.14.2.1). Default false. */
	withWill?: boolean;
	/**
	 * Seconds for which the broker keeps the session, 0 to 0xffffffff, in place of the option sessionExpiry. Must be 0 if that
	 * is 0 (section 3.14.2.2.2).
	 */
	sessionExpiry?: number;
}

export interface Settings5 extends Settings {
	propertySize: number;
	/** Bytes of CONNACK's properties that must fit: all limits, and the authentication method. */
	connackReserve: number;
	topicAliases: number;
	aliases: number;
}

export const enum Expiry {
	/** Seconds that never end (section 3.1.2.11.2). */
	NEVER = 0xffff_ffff,
}

const enum Connack {
	/** Bytes of all its properties that are numbers (section 3.2.2.3). */
	NUMBERS = 29,
}

const ONLY_5 = Object.freeze([
	"sessionExpiry",
	"propertySize",
	"topicAliases",
	"aliases",
	"maximumPacketSize",
	"problemInformation",
	"responseInformation",
	"userProperties",
	"onRedirect",
	"authentication",
	"onReauthenticated",
] as const);

/** The first option that only 5.0 has, of those that are set. */
const only5 = (options: ClientOptions): string | undefined => {
	for (let i = 0; i < ONLY_5.length; i++) if (options[ONLY_5[i]] !== undefined) return ONLY_5[i];
	return undefined;
};

/** Whether options that both versions have are set as only 5.0 has them. */
const goesBeyond = ({ clientId, clean, username, password }: ClientOptions): boolean =>
	(clientId === "" && !clean) || (username === undefined && password !== undefined);

/** Whether the version is set, or an option needs 5.0. */
export const isPinned = (options: ClientOptions): boolean =>
	options.protocolVersion !== undefined || only5(options) !== undefined || goesBeyond(options);

/** What is sent together with CONNECT must be in the version of the broker, and must not precede AUTH. */
const checkPipelining = (options: ClientOptions): void => {
	if (!isPinned(options))
		throw new TypeError(
			"pipelining without protocolVersion: what is sent together with CONNECT must be of the version that the broker " +
				"speaks; set 4 or 5",
		);
	if (options.authentication !== undefined)
		throw new TypeError(
			"pipelining with authentication: nothing may be sent before it has succeeded (section 3.1.4)",
		);
};

const longestExpiry = ({ clean }: ClientOptions): number => (clean ? 0 : Expiry.NEVER);

/** Seconds for which the session is to outlive the connection. */
export const sessionExpiryOf = (options: ClientOptions): number =>
	options.sessionExpiry ?? longestExpiry(options);

/** Throws if an option is invalid, with the value and the rule. */
export const checkOptions5 = (options: ClientOptions): Settings5 => {
	const version = options.protocolVersion;
	const settings = checkOptions(options, version !== 4) as Settings5;
	if (version === 4) {
		const option = only5(options);
		if (option !== undefined)
			throw new TypeError(`${option} with protocolVersion 4: only MQTT 5.0 has it; set 5, or leave it out`);
		return settings;
	}
	const longest = longestExpiry(options);
	checkWhole("sessionExpiry", options.sessionExpiry, longest, 0, Expiry.NEVER);
	if (sessionExpiryOf(options) > longest)
		throw new RangeError(
			`sessionExpiry is ${options.sessionExpiry}: with clean it must be 0, or left out: such a session ends with the ` +
				"connection",
		);
	settings.propertySize = checkWhole("propertySize", options.propertySize, 128, 32, 65_535);
	settings.connackReserve = Connack.NUMBERS;
	settings.topicAliases = checkWhole("topicAliases", options.topicAliases, 4, 0, 65_535);
	settings.aliases = checkWhole("aliases", options.aliases, 0, 0, 256);
	if (options.maximumPacketSize !== undefined)
		checkWhole("maximumPacketSize", options.maximumPacketSize, undefined, 16, 0xffff_ffff);
	checkBoolean("problemInformation", options.problemInformation);
	checkBoolean("responseInformation", options.responseInformation);
	checkFunction("onRedirect", options.onRedirect);
	if (options.userProperties !== undefined) encodePairs(options.userProperties);
	if (options.authentication !== undefined) {
		settings.connackReserve += 1 + checkAuthenticator(options.authentication).length;
		const least = Math.max(1, settings.connackReserve - settings.propertySize);
		checkWhole("receiveSize", settings.receiveSize, undefined, least, 268_435_455);
	}
	checkFunction("onReauthenticated", options.onReauthenticated);
	if (options.pipelining) checkPipelining(options);
	return settings;
};
