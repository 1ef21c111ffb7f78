// The platforms an app is built for: mcconfig's names, where its builds land, and what must be installed.
// Knows the environment's variables; builds nothing.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { quoted } from "../option-values.js";
import { Problem, UsageProblem } from "../problem.js";

export type Environment = Record<string, string | undefined>;

export interface Platform {
	/** As mcconfig's -p has it. */
	id: string;
	isSimulator: boolean;
	/** From the output folder to the app's, without the app's name. */
	binaries: string;
	/** The file there that a build makes. */
	product: string;
}

const GUIDES = "https://github.com/Moddable-OpenSource/moddable/blob/public/documentation/";

const GETTING_STARTED = "Moddable%20SDK%20-%20Getting%20Started.md";

/** esp32 and esp, also with a target behind them as mcconfig has it (esp32/nodemcu), or simulator. Throws a UsageProblem. */
export function platformOf(text: string): Platform {
	if (text === "simulator")
		return { id: "lin", isSimulator: true, binaries: "bin/lin/mc/debug", product: "mc.so" };
	const found = /^(esp32|esp)(\/[\w-]{1,64})?$/.exec(text);
	if (found === null)
		throw new UsageProblem(
			"--platform",
			`${quoted(text)} is not known`,
			"give esp32, esp (ESP8266) or simulator; esp32 and esp with a target, such as esp32/nodemcu, too",
		);
	const product = found[1] === "esp32" ? "xs_esp32.bin" : "main.bin";
	return { id: text, isSimulator: false, binaries: `bin/${text}/debug`, product };
}

export interface Sdk {
	/** $MODDABLE */
	folder: string;
	mcconfig: string;
	/** The SDK's programs, built for this computer. */
	programs: string;
}

const HOSTS: Record<string, string> = { linux: "lin", darwin: "mac", win32: "win" };

/** The SDK, with all that the platform needs. Throws a Problem that tells what is missing and the way to get it. */
export function findSdk(
	platform: Platform,
	environment: Environment,
	system: string = process.platform,
): Sdk {
	const folder = environment.MODDABLE;
	if (!folder)
		throw missing(
			"the Moddable SDK is not there",
			"MODDABLE is not set",
			GETTING_STARTED,
			", or try xs-mqtt sim, which needs none",
		);
	if (!existsSync(join(folder, "tools", "mcconfig.js")))
		throw missing(
			"the Moddable SDK is not there",
			`MODDABLE is ${quoted(folder)}, which is not the SDK`,
			GETTING_STARTED,
		);
	const programs = join(folder, "build", "bin", HOSTS[system] ?? system, "release");
	const mcconfig = [...(environment.PATH ?? "").split(delimiter), programs]
		.map((path) => join(path, system === "win32" ? "mcconfig.exe" : "mcconfig"))
		.find((path) => existsSync(path));
	if (mcconfig === undefined)
		throw missing("mcconfig is not there", "the SDK's tools were not built", GETTING_STARTED);
	if (platform.isSimulator) checkSimulator(programs, environment, system);
	else checkToolchain(platform, environment);
	return { folder, mcconfig, programs };
}

function checkSimulator(programs: string, environment: Environment, system: string): void {
	if (system !== "linux")
		throw new Problem(
			"the simulator is not started",
			"this command knows how to do that on Linux only",
			"run xs-mqtt monitor --tcp 5002, then mcconfig -d -m in the app's folder",
		);
	if (!existsSync(join(programs, "mcsim")))
		throw missing("the simulator is not there", "mcsim was not built", GETTING_STARTED);
	if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY)
		throw new Problem(
			"the simulator cannot open its window",
			"there is no display",
			"run it on a desktop, or with xvfb-run -a before the command",
		);
}

function checkToolchain(platform: Platform, environment: Environment): void {
	if (platform.id.startsWith("esp32")) {
		const idf = environment.IDF_PATH;
		if (!idf || !existsSync(join(idf, "export.sh")))
			throw missing(
				"the toolchain for ESP32 is not there",
				idf ? `IDF_PATH names ${quoted(idf)}, which is no ESP-IDF` : "IDF_PATH is not set",
				"devices/esp32.md",
			);
		return;
	}
	const base = environment.ESP_BASE ?? join(environment.HOME ?? homedir(), "esp");
	if (!existsSync(join(base, "ESP8266_RTOS_SDK")))
		throw missing(
			"the toolchain for ESP8266 is not there",
			`ESP8266_RTOS_SDK is not in ${quoted(base)}`,
			"devices/esp8266.md",
		);
}

function missing(what: string, cause: string, guide: string, more = ""): Problem {
	return new Problem(what, cause, `see ${GUIDES}${guide}${more}`);
}
