// `xs-mqtt sim`: from the command line to a running session and its output. Knows the process and its terminal.

import type { Command } from "commander";
import { Keys } from "../keys.js";
import { PASSWORD_VARIABLE } from "../option-values.js";
import { ProgressLine } from "../progress.js";
import { watchOutput } from "../standard-output.js";
import { prepareBoard } from "./board.js";
import type { Output } from "./events.js";
import { JsonLines } from "./json-lines.js";
import { LiveScreen } from "./live-screen.js";
import { BOARDS, checkOptions, type RawOptions, type SimOptions, STACKS } from "./options.js";
import { PlainLines } from "./plain-lines.js";
import { readReplay } from "./replay.js";
import { Session } from "./session.js";

const KEY_HELP = "p pull the plug   c cut the network   f freeze it   r restore   q quit";

const HELP = `
Other users of this computer see command lines: the password of --broker can be given in ${PASSWORD_VARIABLE}.

Examples:
  xs-mqtt sim
  xs-mqtt sim --messages 20 --json
  xs-mqtt sim --tls
  xs-mqtt sim --broker mqtt://broker.local --replay readings.csv --protocol
  xs-mqtt sim --broker mqtts://broker.local --ca ca.pem --cert board.pem --key board.key`;

const also = (text: string, before: string[] = []): string[] => [...before, text];

export function defineSim(command: Command): void {
	command
		.option(
			"--broker <url>",
			"mqtt://[user[:password]@]host[:port], mqtts://, ws:// or wss:// (default: an embedded broker)",
		)
		.option("--ca <file>", "an authority that may have issued the broker's certificate; repeatable", also)
		.option("--pin <sha256>", "of the broker's own certificate; repeatable", also)
		.option("--cert <file>", "the client's certificate, for board and subscriber")
		.option("--key <file>", "its private key")
		.option("--tls", "use TLS for the embedded broker, with a certificate made for it")
		.option("--port <number>", "the embedded broker's port (default: 1883, 8883 with --tls, or any)")
		.option("--name <text>", "the first level of its topics", "sensor-node")
		.option("--board <type>", `${BOARDS.join(", ")} (default: esp8266, with TLS esp32)`)
		.option("--stack <type>", `the board's sockets: ${STACKS.join(", ")}`, "lwip")
		.option("--interval <milliseconds>", "between two readings (default: 1000, or a replay's own pace)")
		.option("--messages <number>", "end after so many readings were received")
		.option("--timeout <seconds>", "end after this time; fails if readings are missing")
		.option("--replay <file>", "publish the readings of a CSV file with the columns time and value")
		.option("--protocol", "show the packets between board and broker, field by field")
		.option("--json", "print one JSON object a line")
		.addHelpText("after", HELP)
		.action((raw: RawOptions) => sim(checkOptions(raw, process.env)));
}

async function sim(options: SimOptions): Promise<void> {
	const replay = options.replay === undefined ? undefined : await readReplay(options.replay);
	const progress = new ProgressLine();
	const startBoard = await prepareBoard((step) => progress.show(step)).finally(() => progress.close());
	const output = chooseOutput(options);
	const session = new Session(options, replay, startBoard, (event) => output.event(event));
	const keys = process.stdin.isTTY && !options.json ? sessionKeys(session) : undefined;
	const restoreTerminal = () => {
		keys?.close();
		output.close();
	};
	// Whatever ends the process, the terminal is given back.
	process.once("exit", restoreTerminal);
	const onSignal = () => session.quit();
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
	watchOutput((problem) => (problem === undefined ? session.quit() : session.fail(problem)));
	try {
		await session.run();
	} finally {
		restoreTerminal();
		process.off("exit", restoreTerminal);
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
	}
	if (output instanceof LiveScreen) process.stdout.write(`${session.readings} readings were received\n`);
}

/** What KEY_HELP says. */
function sessionKeys(session: Session): Keys {
	const quit = () => session.quit();
	return new Keys(process.stdin, quit, {
		p: () => session.togglePower(),
		c: () => session.cutNetwork(),
		f: () => session.freezeNetwork(),
		r: () => session.restore(),
		q: quit,
	});
}

function chooseOutput(options: SimOptions): Output {
	const write = (text: string) => void process.stdout.write(text);
	if (options.json) return new JsonLines(write);
	if (process.stdout.isTTY && process.env.TERM !== "dumb")
		return new LiveScreen(process.stdout, process.stdin.isTTY ? KEY_HELP : "Ctrl-C quits");
	return new PlainLines(write);
}
