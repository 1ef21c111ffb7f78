// Values of the command line, checked. Knows texts and ranges, no command.

import { UsageProblem } from "./problem.js";
import { printable } from "./text.js";

/** The environment variable that may hold the broker's password: others see command lines. */
export const PASSWORD_VARIABLE = "XS_MQTT_BROKER_PASSWORD";

export interface BrokerAddress {
	host: string;
	port: number;
	username?: string;
	password?: string;
}

/** A whole number in a range; none stays none. */
export function whole(
	option: string,
	text: string | undefined,
	least: number,
	most: number,
): number | undefined {
	if (text === undefined) return undefined;
	const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= least && value <= most))
		throw new UsageProblem(
			option,
			`${quoted(text)} is not possible`,
			`give a whole number from ${least} to ${most}`,
		);
	return value;
}

/** The address of an MQTT URL, and what follows its port. Of the text nothing is quoted: it may hold a password. */
export function mqttUrl(
	option: string,
	text: string,
	advice: string,
): { address: BrokerAddress; path: string } {
	const wrong = (cause: string) => new UsageProblem(option, cause, advice);
	if (/^(mqtts|ssl|tls|wss|ws):/i.test(text)) throw wrong("TLS and WebSocket are not supported yet");
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw wrong("it is not a URL");
	}
	if (url.protocol !== "mqtt:") throw wrong("the URL does not begin with mqtt://");
	if (url.hostname === "") throw wrong("the URL has no host");
	if (/[?#]/.test(text)) throw wrong("the URL has a ? or # in it (write %3F, %23)");
	if (url.port === "0") throw wrong("port 0 does not exist");
	if (url.username === "" && url.password !== "") throw wrong("a password without user name is not allowed");
	const address: BrokerAddress = { host: url.hostname, port: url.port === "" ? 1883 : Number(url.port) };
	try {
		if (url.username !== "") address.username = decodeURIComponent(url.username);
		if (url.password !== "") address.password = decodeURIComponent(url.password);
		return { address, path: decodeURIComponent(url.pathname) };
	} catch {
		throw wrong("it has a % that begins no escape (write %25)");
	}
}

export function quoted(text: string): string {
	return `"${printable(text, 40)}"`;
}

export function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
	const found = allowed.find((one) => one === text);
	if (found === undefined)
		throw new UsageProblem(option, `${quoted(text)} is not known`, `give one of ${allowed.join(", ")}`);
	return found;
}

/** The address of a broker that a board is to connect to. */
export function boardsBroker(option: string, text: string): BrokerAddress {
	const advice = "give mqtt://host:port or mqtt://user:password@host:port";
	const { address, path } = mqttUrl(option, text, advice);
	if (path !== "" && path !== "/") throw new UsageProblem(option, "the URL goes on behind the port", advice);
	if (address.host.startsWith("["))
		throw new UsageProblem(option, "the board speaks IPv4 only, and this is an IPv6 address", advice);
	return address;
}
