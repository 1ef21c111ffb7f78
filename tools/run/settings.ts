// What a build is reported Wi-Fi, broker and app: from options, environment, settings file and, for passwords, a question.
// Knows names and precedence; no file and no build. A password is never in a message.

import { boardsBroker, PASSWORD_VARIABLE, quoted } from "../option-values.js";
import { UsageProblem } from "../problem.js";

/** What the firmware imports as "mc/config". */
export type Config = Record<string, string | number>;

export interface Settings {
	config: Config;
	/** Values that are never shown. */
	secrets: string[];
}

export interface Sources {
	/** --ssid and --broker. */
	ssid: string | undefined;
	broker: string | undefined;
	/** KEY=VALUE arguments. */
	pairs: readonly string[];
	environment: Record<string, string | undefined>;
	/** The settings file's lines. */
	file: Record<string, string | undefined>;
	/** Whether the platform has Wi-Fi. */
	wifi: boolean;
	/** Asks without showing what is typed; none without a terminal. */
	ask: ((question: string) => Promise<string>) | undefined;
}

/** In environment and file. */
export const NAMES = {
	ssid: "XS_MQTT_SSID",
	wifiPassword: "XS_MQTT_WIFI_PASSWORD",
	broker: "XS_MQTT_BROKER",
	brokerPassword: PASSWORD_VARIABLE,
} as const;

const OURS = /^XS_MQTT_/;
const SECRET = /passw|secret|token|credential/i;

export async function gatherSettings(sources: Sources): Promise<Settings> {
	const config: Config = {};
	const secrets: string[] = [];
	const set = (key: string, value: string | number | undefined, secret = SECRET.test(key)) => {
		if (value === undefined || value === "") return;
		config[key] = value;
		if (secret) secrets.push(String(value));
	};
	for (const [key, value] of Object.entries(sources.file)) if (!OURS.test(key)) set(key, value);
	for (const pair of sources.pairs) set(...pairOf(pair));
	if (sources.wifi) {
		const ssid = sources.ssid ?? found(sources, NAMES.ssid);
		set("ssid", ssid);
		if (ssid)
			set(
				"password",
				await password(sources, NAMES.wifiPassword, `Password of the Wi-Fi ${quoted(ssid)} (empty: none)`),
			);
	}
	await addBroker(sources, set);
	return { config, secrets };
}

async function addBroker(
	sources: Sources,
	set: (key: string, value: string | number | undefined) => void,
): Promise<void> {
	const text = sources.broker ?? found(sources, NAMES.broker);
	if (!text) return;
	const {
		host,
		port,
		username,
		password: inUrl,
	} = boardsBroker(sources.broker ? "--broker" : NAMES.broker, text);
	if (inUrl !== undefined && sources.broker !== undefined)
		throw new UsageProblem(
			"--broker",
			"it has a password, and other users of this computer see command lines",
			`set ${NAMES.brokerPassword}, or put it into the settings file`,
		);
	set("host", host);
	set("port", port);
	set("brokerUsername", username);
	if (username !== undefined)
		set(
			"brokerPassword",
			inUrl ??
				(await password(
					sources,
					NAMES.brokerPassword,
					`Password of ${quoted(username)} at the broker (empty: none)`,
				)),
		);
}

function found({ environment, file }: Sources, name: string): string | undefined {
	return environment[name] ?? file[name];
}

async function password(sources: Sources, name: string, question: string): Promise<string | undefined> {
	return found(sources, name) ?? (await sources.ask?.(question));
}

function pairOf(text: string): [key: string, value: string] {
	const equals = text.indexOf("=");
	const key = text.slice(0, Math.max(0, equals));
	if (!/^[A-Za-z_$][\w$]{0,63}$/.test(key))
		throw new UsageProblem(
			"KEY=VALUE",
			equals < 0 ? `${quoted(text)} has no =` : "what is before the = is no name",
			"give settings of the app such as name=kitchen",
		);
	if (SECRET.test(key))
		throw new UsageProblem(
			key,
			"other users of this computer see command lines",
			`put it into the settings file, or set ${NAMES.wifiPassword} or ${NAMES.brokerPassword}`,
		);
	return [key, text.slice(equals + 1)];
}
