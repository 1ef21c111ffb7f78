// A broker's address, from the URL that the user names. Knows no connection. Of the text nothing is quoted: it may hold a
// password.

import { UsageProblem } from "./problem.js";

export interface BrokerAddress {
	host: string;
	port: number;
	username?: string;
	password?: string;
}

/** `option`: what the text is the value of. Throws a UsageProblem. */
export function brokerAddress(option: string, text: string): BrokerAddress {
	const advice = "give mqtt://host:port or mqtt://user:password@host:port";
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
	if (url.hostname.startsWith("[")) throw wrong("the board speaks IPv4 only, and this is an IPv6 address");
	if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "")
		throw wrong("the URL goes on behind the port");
	if (url.port === "0") throw wrong("port 0 does not exist");
	if (url.username === "" && url.password !== "") throw wrong("a password without user name is not allowed");
	const address: BrokerAddress = { host: url.hostname, port: url.port === "" ? 1883 : Number(url.port) };
	try {
		if (url.username !== "") address.username = decodeURIComponent(url.username);
		if (url.password !== "") address.password = decodeURIComponent(url.password);
	} catch {
		throw wrong("user name or password has a % that begins no escape (write %25)");
	}
	return address;
}
