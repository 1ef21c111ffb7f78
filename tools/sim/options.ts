// The options of `xs-mqtt sim`: texts of the command line, checked. Knows no broker and no board.

import {
	type BrokerAddress,
	boardsBroker,
	checkWhole,
	oneOf,
	PASSWORD_VARIABLE,
	quoted,
} from "../option-values.js";
import { UsageProblem } from "../problem.js";
import { type RawTrust, readTrust } from "./trust.js";

export const BOARDS = ["esp8266", "esp32", "none"] as const;
export const STACKS = ["lwip", "lin"] as const;
const SCHEMES = ["mqtt", "mqtts", "ws", "wss"] as const;

/** As commander hands them over. */
export interface RawOptions extends RawTrust {
	broker?: string;
	port?: string;
	tls?: boolean;
	name: string;
	board?: string;
	stack: string;
	interval?: string;
	messages?: string;
	timeout?: string;
	replay?: string;
	protocol?: boolean;
	json?: boolean;
}

export interface SimOptions {
	/** None: the embedded broker. */
	broker: BrokerAddress | undefined;
	/** The embedded broker's port. None: 1883, with TLS 8883, if it is free, else any. */
	port: number | undefined;
	/** The embedded broker speaks TLS. */
	tls: boolean;
	/** Topics begin with it. */
	name: string;
	board: (typeof BOARDS)[number];
	stack: (typeof STACKS)[number];
	/** Milliseconds. None: 1000, or a replay's own pace. */
	interval: number | undefined;
	messages: number | undefined;
	/** Milliseconds. */
	timeout: number | undefined;
	/** Path of the CSV file. */
	replay: string | undefined;
	/** Show the packets between board and broker. */
	protocol: boolean;
	json: boolean;
}

/** `environment`: may have the password of the broker's user. Reads the files of certificates and keys. */
export function checkOptions(raw: RawOptions, environment: NodeJS.ProcessEnv = {}): SimOptions {
	for (const name of ["port", "tls"] as const)
		if (raw.broker !== undefined && raw[name] !== undefined)
			throw new UsageProblem(
				`--${name}`,
				"it is the embedded broker's, and --broker names another",
				name === "tls" ? "give --broker mqtts://... instead" : "leave one out",
			);
	const broker = raw.broker === undefined ? undefined : brokerOf(raw.broker, environment[PASSWORD_VARIABLE]);
	const trust = readTrust(raw, broker);
	if (broker !== undefined && trust !== undefined) broker.tls = trust;
	const encrypted = raw.tls === true || trust !== undefined;
	if (raw.protocol && (encrypted || broker?.webSocket !== undefined))
		throw new UsageProblem(
			"--protocol",
			"between board and broker it finds TLS or WebSocket, and no packets that it could show",
			"leave it out, or use a broker with mqtt://",
		);
	return {
		broker,
		port: checkWhole("--port", raw.port, 1, 65_535),
		tls: raw.tls ?? false,
		name: topicPrefix(raw.name),
		// An ESP8266 has not the memory for TLS.
		board: oneOf("--board", raw.board ?? (encrypted ? "esp32" : "esp8266"), BOARDS),
		stack: oneOf("--stack", raw.stack, STACKS),
		interval: checkWhole("--interval", raw.interval, 10, 3_600_000),
		messages: checkWhole("--messages", raw.messages, 1, 1_000_000_000),
		timeout: milliseconds(checkWhole("--timeout", raw.timeout, 1, 2_000_000)),
		replay: raw.replay,
		protocol: raw.protocol ?? false,
		json: raw.json ?? false,
	};
}

function milliseconds(seconds: number | undefined): number | undefined {
	return seconds === undefined ? undefined : seconds * 1000;
}

function brokerOf(text: string, password: string | undefined): BrokerAddress {
	const address = boardsBroker("--broker", text, SCHEMES);
	if (address.username !== undefined && password) address.password ??= password;
	return address;
}

/** It goes into topics and into the client identifier. */
function topicPrefix(text: string): string {
	if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(text) || text.length > 64)
		throw new UsageProblem(
			"--name",
			`${quoted(text)} cannot begin a topic here`,
			"give up to 64 letters, digits, dots, hyphens and underscores, with slashes between",
		);
	return text;
}
