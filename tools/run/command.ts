// `xs-mqtt run`: from an app's folder to its log. Ties settings, build, flash, simulator and monitor together.
// Knows the process and its terminal.

import password from "@inquirer/password";
import type { Command } from "commander";
import { findOneBoard } from "../boards/find.js";
import { ONE_PORT_HELP } from "../boards/options.js";
import { readFirmware } from "../flash/firmware.js";
import { chooseReport } from "../flash/progress.js";
import { flashBoard } from "../flash/session.js";
import { addLogOptions, runMonitor } from "../monitor/command.js";
import { checkOptions, type RawOptions as LogOptions } from "../monitor/options.js";
import { elfIn } from "../monitor/symbols.js";
import { Problem, UsageProblem } from "../problem.js";
import { untilSignal } from "../until-signal.js";
import { build } from "./build.js";
import { BuildLines } from "./build-lines.js";
import { findApp } from "./example.js";
import { type Environment, findSdk, platformOf } from "./platform.js";
import { gatherSettings, NAMES } from "./settings.js";
import { readSettingsFile, USUAL_FILE } from "./settings-file.js";
import { startSimulator } from "./simulator.js";
import { SimulatorSource } from "./simulator-source.js";

/** Bits per second. */
const FLASH_BAUD = 460_800;

const HELP = `
EXAMPLE is the folder of an app with a manifest.json, or the name of an example of this package, such as sensor-node.
KEY=VALUE are settings of the app, which it imports as "mc/config". Passwords are no options, as others can see these:
set ${NAMES.wifiPassword} and ${NAMES.brokerPassword}, or put them, and ${NAMES.ssid} and
${NAMES.broker}, into ${USUAL_FILE} (which only you can read, and git ignores), or type them when asked.

Examples:
  xs-mqtt run sensor-node --platform simulator --broker mqtt://127.0.0.1
  xs-mqtt run ./my-app --platform esp32/nodemcu --ssid home --broker mqtt://ann@broker.local name=kitchen`;

interface RawOptions extends Omit<LogOptions, "broker" | "reset"> {
	platform: string;
	ssid?: string;
	broker?: string;
	settings?: string;
	verbose?: boolean;
}

export function defineRun(command: Command): void {
	command
		.argument("<EXAMPLE>", "an app's folder, or the name of an example")
		.argument("[KEY=VALUE...]", "settings of the app")
		.requiredOption(
			"--platform <platform>",
			"esp32, esp (ESP8266) or simulator; also esp32/nodemcu and the like",
		)
		.option("--port <board>", ONE_PORT_HELP)
		.option("--ssid <name>", "the Wi-Fi that the board is to join")
		.option("--broker <url>", "the broker it is to connect to: mqtt://[user@]host[:port]")
		.option("--settings <file>", `KEY=VALUE lines (default: ${USUAL_FILE}, if it is there)`)
		.option("--verbose", "show all that the build does");
	addLogOptions(command).addHelpText("after", HELP).action(run);
}

async function run(example: string, pairs: string[], raw: RawOptions): Promise<void> {
	const platform = platformOf(raw.platform);
	if (platform.isSimulator && raw.port !== undefined)
		throw new UsageProblem("--port", "it is a board's, and the simulator has none", "leave it out");
	const { broker, ...log } = raw;
	const logOptions = checkOptions({ ...log, reset: true }, process.env);
	const app = findApp(example);
	const sdk = findSdk(platform, process.env);
	const settings = await gatherSettings({
		ssid: raw.ssid,
		broker,
		pairs,
		environment: process.env,
		file: await readSettingsFile(raw.settings, (text) => process.stderr.write(`xs-mqtt: ${text}\n`)),
		wifi: !platform.isSimulator,
		ask: process.stdin.isTTY && process.stderr.isTTY ? askPassword : undefined,
	});
	// A board that is not there is told before a build of minutes.
	const port = platform.isSimulator ? undefined : await findOneBoard(raw.port);
	const verbose = raw.verbose ?? false;
	const environment = withoutSettings(process.env);
	const folder = await buildTold(verbose, (onLine, signal) =>
		build({ app, platform, sdk, settings, environment, verbose, onLine, signal }),
	);
	if (port === undefined) {
		const start = (port: number) => startSimulator(sdk, folder, port, environment);
		return runMonitor(logOptions, (listener) => new SimulatorSource(start, listener));
	}
	const firmware = await readFirmware([folder]);
	const options = { baud: FLASH_BAUD, erase: false, dryRun: false, force: false, reset: true };
	const report = chooseReport(process.stderr); // on stdout is the log alone
	await untilSignal((signal) => flashBoard(firmware, port, options, report, signal));
	await runMonitor({ ...logOptions, port: port.path, elf: await elfIn(folder) });
}

/** For programs that need no passwords. */
function withoutSettings(environment: Environment): Environment {
	const names: readonly string[] = Object.values(NAMES);
	return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

/** The folder that `work` has built in; what it says is shown. */
async function buildTold(
	verbose: boolean,
	work: (onLine: (line: string) => void, signal: AbortSignal) => Promise<string>,
): Promise<string> {
	const lines = new BuildLines(verbose);
	let folder = "";
	try {
		await untilSignal(async (signal) => {
			folder = await work((line) => lines.line(line), signal);
		});
		return folder;
	} finally {
		lines.close(folder === "");
	}
}

/** On stderr: what is logged may go elsewhere. */
async function askPassword(question: string): Promise<string> {
	try {
		return await password({ message: `${question}:`, toggleMask: false }, { output: process.stderr });
	} catch {
		throw new Problem("no password was given", "the question was left with Ctrl-C", "run it again");
	}
}
