// The options of `xs-mqtt decode`: texts of the command line, checked. Knows no input.

import { checkWhole, oneOf } from "../option-values.js";
import type { Sender, Version } from "./packet.js";

export const FORMATS = ["hex", "binary", "pcap"] as const;
export const SENDERS = ["client", "server"] as const;
/** As texts: the Protocol Level of CONNECT (section 3.1.2.2). */
export const VERSIONS = ["4", "5"] as const;

/** As commander hands them over. */
export interface RawOptions {
	format?: string;
	from?: string;
	port?: string[];
	protocolVersion?: string;
	json?: boolean;
}

export interface DecodeOptions {
	/** None: found out. */
	format: (typeof FORMATS)[number] | undefined;
	from: Sender | undefined;
	ports: number[];
	/** None: by what fits. A CONNECT says it itself. */
	version?: Version;
	json: boolean;
}

export function checkOptions(raw: RawOptions): DecodeOptions {
	const { protocolVersion } = raw;
	return {
		format: raw.format === undefined ? undefined : oneOf("--format", raw.format, FORMATS),
		from: raw.from === undefined ? undefined : oneOf("--from", raw.from, SENDERS),
		ports: [1883, ...(raw.port ?? []).map((text) => checkWhole("--port", text, 1, 65_535)!)],
		version:
			protocolVersion === undefined
				? undefined
				: (Number(oneOf("--protocol-version", protocolVersion, VERSIONS)) as Version),
		json: raw.json ?? false,
	};
}
