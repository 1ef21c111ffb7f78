// The options of `xs-mqtt decode`: texts of the command line, checked. Knows no input.

import { oneOf, whole } from "../option-values.js";
import type { Sender } from "./packet.js";

export const FORMATS = ["hex", "binary", "pcap"] as const;
export const SENDERS = ["client", "server"] as const;

/** As commander hands them over. */
export interface RawOptions {
	format?: string;
	from?: string;
	port?: string[];
	json?: boolean;
}

export interface DecodeOptions {
	/** None: found out. */
	format: (typeof FORMATS)[number] | undefined;
	from: Sender | undefined;
	ports: number[];
	json: boolean;
}

export function checkOptions(raw: RawOptions): DecodeOptions {
	return {
		format: raw.format === undefined ? undefined : oneOf("--format", raw.format, FORMATS),
		from: raw.from === undefined ? undefined : oneOf("--from", raw.from, SENDERS),
		ports: [1883, ...(raw.port ?? []).map((text) => whole("--port", text, 1, 65_535)!)],
		json: raw.json ?? false,
	};
}
