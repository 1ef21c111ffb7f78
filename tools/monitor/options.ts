// The options of `xs-mqtt monitor`: texts of the command line and the environment, checked. Knows no port, no broker.

import {
	type BrokerAddress,
	checkBaud,
	checkWhole,
	mqttUrl,
	PASSWORD_VARIABLE,
	quoted,
} from "../option-values.js";
import { textOf, UsageProblem } from "../problem.js";
import { printable } from "../text.js";

const FILTER_LIMIT = 1000;
const DEFAULT_TCP_PORT = 5002;

/** As commander hands them over. */
export interface RawOptions {
	port?: string;
	baud?: string;
	tcp?: string | true;
	reset: boolean;
	timestamps?: boolean;
	filter?: string;
	log?: string;
	json?: boolean;
	/** Undefined: neither --instruments nor --no-instruments. */
	instruments?: boolean;
	broker?: string;
	elf?: string;
	input?: boolean;
}

export interface MonitorOptions {
	/** None: the only one that looks like a board. */
	port: string | undefined;
	/** None: found out. */
	baud: number | undefined;
	/** Listen there instead of at a serial port. */
	tcp: number | undefined;
	reset: boolean;
	timestamps: boolean;
	filter: RegExp | undefined;
	log: string | undefined;
	json: boolean;
	instruments: "line" | "table" | "none";
	broker: { address: BrokerAddress; topic: string } | undefined;
	/** That of the firmware on the board; or its build folder. */
	elf: string | undefined;
	/** Lines of the standard input go to the board. */
	input: boolean;
}

export function checkOptions(raw: RawOptions, environment: NodeJS.ProcessEnv): MonitorOptions {
	const { port, log, reset, json = false, timestamps = false } = raw;
	const tcp = raw.tcp === true ? DEFAULT_TCP_PORT : checkWhole("--tcp", raw.tcp, 1, 65_535);
	if (tcp !== undefined)
		for (const [option, value] of [
			["--port", port],
			["--baud", raw.baud],
			["--input", raw.input],
		] as const)
			if (value !== undefined)
				throw new UsageProblem(
					option,
					"it is a serial port's, and --tcp listens for a simulator",
					"leave one out",
				);
	return {
		port,
		baud: checkBaud(raw.baud),
		tcp,
		reset,
		timestamps,
		filter: raw.filter === undefined ? undefined : expression(raw.filter),
		log,
		json,
		instruments: instrumentsOf(raw),
		elf: raw.elf,
		input: raw.input ?? false,
		broker: raw.broker === undefined ? undefined : brokerOf(raw.broker, environment),
	};
}

/** What is typed stands where the line of them would be drawn. */
function instrumentsOf({ instruments, input }: RawOptions): MonitorOptions["instruments"] {
	if (instruments === undefined) return input ? "none" : "line";
	return instruments ? "table" : "none";
}

function expression(text: string): RegExp {
	const advice = "give a JavaScript regular expression, such as 'error|warning'";
	if (text.length > FILTER_LIMIT)
		throw new UsageProblem("--filter", `it has more than ${FILTER_LIMIT} characters`, advice);
	try {
		return new RegExp(text, "u");
	} catch {
		try {
			return new RegExp(text); // what "u" forbids, such as \-
		} catch (error) {
			// The engine repeats the expression before it tells what is wrong with it.
			const cause = textOf(error).split(": ").at(-1)!;
			throw new UsageProblem("--filter", `${quoted(text)} is not valid: ${printable(cause, 80)}`, advice);
		}
	}
}

function brokerOf(text: string, environment: NodeJS.ProcessEnv): MonitorOptions["broker"] {
	const advice = `give mqtt://host/topic or mqtt://user@host:port/topic, with the password in ${PASSWORD_VARIABLE}`;
	const { address, path } = mqttUrl("--broker", text, advice);
	const topic = path.replace(/^\//, "");
	if (topic === "") throw new UsageProblem("--broker", "the URL has no topic", advice);
	if (/[+#\0]/.test(topic) || Buffer.byteLength(topic) > 65_535)
		throw new UsageProblem("--broker", "nothing can be published to this topic", "give one without + and #");
	const password = environment[PASSWORD_VARIABLE];
	if (address.username !== undefined && password !== undefined) address.password ??= password;
	return { address, topic };
}
