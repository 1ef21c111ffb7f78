// Values of the command line, checked. Knows texts and ranges, no command.

import type { TlsOptions } from "xs-mqtt/tls";
import type { WebSocketOptions } from "xs-mqtt/websocket";
import { UsageProblem } from "./problem.js";
import { printable } from "./text.js";

/** The environment variable that may hold the broker's password: others see command lines. */
export const PASSWORD_VARIABLE = "XS_MQTT_BROKER_PASSWORD";

export interface BrokerAddress {
	host: string;
	port: number;
	username?: string;
	password?: string;
	/** As a Client's. */
	tls?: TlsOptions;
	webSocket?: WebSocketOptions;
}

/** Schemes of a broker's URL, and their default ports. */
const PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };
export type Scheme = keyof typeof PORTS;

/** Its URL, fit to be shown: without user and password, and without a query, which may be as secret. */
export function urlOf({ host, port, tls, webSocket }: BrokerAddress): string {
	const secure = tls === undefined ? "" : "s";
	if (webSocket === undefined) return `mqtt${secure}://${host}:${port}`;
	return `ws${secure}://${host}:${port}${webSocket.path?.replace(/\?.*/, "") ?? ""}`;
}

/** A whole number in a range; none stays none. */
export function checkWhole(
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

/** --baud: bits per second of a serial line; none stays none. */
export function checkBaud(text: string | undefined): number | undefined {
	return checkWhole("--baud", text, 9600, 4_000_000);
}

/**
 * The address of an MQTT URL, and what follows its port, as it is. Of the text nothing is quoted: it may hold a password.
 * Another scheme than mqtt is only told.
 */
export function mqttUrl(
	option: string,
	text: string,
	advice: string,
	schemes: readonly Scheme[] = ["mqtt"],
): { scheme: Scheme; address: BrokerAddress; path: string } {
	const wrong = (cause: string) => new UsageProblem(option, cause, advice);
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw wrong("it is not a URL");
	}
	const scheme = schemes.find((each) => `${each}:` === url.protocol);
	if (scheme === undefined && /^(mqtts|ssl|tls|wss|ws):$/.test(url.protocol) && schemes.length === 1)
		throw wrong("TLS and WebSocket are for xs-mqtt sim only; an app for a board sets them itself");
	if (scheme === undefined)
		throw wrong(`the URL does not begin with ${schemes.map((each) => `${each}://`).join(" or ")}`);
	if (url.hostname === "") throw wrong("the URL has no host");
	const isWebSocket = scheme.startsWith("ws");
	if (text.includes("#") || (text.includes("?") && !isWebSocket))
		throw wrong("the URL has a ? or # in it (write %3F, %23)");
	if (url.port === "0") throw wrong("port 0 does not exist");
	if (url.username === "" && url.password !== "") throw wrong("a password without user name is not allowed");
	// A URL leaves out the port that is usual for its scheme.
	const address: BrokerAddress = {
		host: url.hostname,
		port: url.port === "" ? PORTS[scheme] : Number(url.port),
	};
	try {
		if (url.username !== "") address.username = decodeURIComponent(url.username);
		if (url.password !== "") address.password = decodeURIComponent(url.password);
		// A URL has the path "/" though none was given.
		const path = !isWebSocket
			? decodeURIComponent(url.pathname)
			: /^\w+:\/\/[^/?]*$/.test(text)
				? ""
				: url.pathname + url.search;
		return { scheme, address, path };
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

/** The address of a broker that a board is to connect to. With TLS `tls` is empty: whom to trust is told elsewhere. */
export function boardsBroker(option: string, text: string, schemes?: readonly Scheme[]): BrokerAddress {
	const forms =
		schemes === undefined
			? "mqtt://host:port or mqtt://user:password@host:port"
			: "mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://host:port/path, with user:password@ before host";
	const advice = `give ${forms}`;
	const { scheme, address, path } = mqttUrl(option, text, advice, schemes);
	if (address.host.startsWith("["))
		throw new UsageProblem(option, "the board speaks IPv4 only, and this is an IPv6 address", advice);
	if (scheme === "mqtts" || scheme === "wss") address.tls = {};
	if (scheme === "ws" || scheme === "wss") address.webSocket = path === "" ? {} : { path };
	else if (path !== "" && path !== "/")
		throw new UsageProblem(option, "the URL has more after the port", advice);
	return address;
}
