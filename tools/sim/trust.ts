// Whom to trust, and who we are: the options --ca, --cert, --key and --pin, checked as the Client on the board will check
// them. Knows files and what they may hold; no connection.

import { readFileSync, statSync } from "node:fs";
import { checkTls, toPem } from "xs-mqtt/node";
import type { TlsOptions } from "xs-mqtt/tls";
import type { BrokerAddress } from "../option-values.js";
import { Problem, textOf, UsageProblem } from "../problem.js";
import { printable } from "../text.js";

/** A board has no room for more, and an authority's certificate has 1 to 2 KB. */
const MOST_BYTES = 16_384;

/** As commander hands them over. */
export interface RawTrust {
	ca?: string[];
	cert?: string;
	key?: string;
	pin?: string[];
}

/** What a file may hold. */
const enum Label {
	CERTIFICATE = "CERTIFICATE",
	KEY = "PRIVATE KEY",
}

/** The options `tls` for a broker; undefined: it is one without TLS. */
export function readTrust(raw: RawTrust, broker: BrokerAddress | undefined): TlsOptions | undefined {
	const { ca, cert, key, pin } = raw;
	const given = (["ca", "cert", "key", "pin"] as const).find((name) => raw[name] !== undefined);
	if (broker?.tls === undefined) {
		if (given === undefined) return undefined;
		const cause =
			broker === undefined
				? "the embedded broker needs none: with --tls it is trusted by itself"
				: "the broker's URL is one without TLS";
		throw new UsageProblem(`--${given}`, cause, "give a --broker with mqtts:// or wss://, or leave it out");
	}
	if (ca === undefined && pin === undefined)
		throw new UsageProblem(
			"--broker",
			"with TLS the board has to know whom to trust, and it has no list of authorities as this computer has",
			"give the certificate of the authority that issued the broker's with --ca, or the SHA-256 of the broker's own with --pin",
		);
	if ((cert === undefined) !== (key === undefined))
		throw new UsageProblem(
			cert === undefined ? "--key" : "--cert",
			"a certificate and its private key go together",
			`give ${cert === undefined ? "--cert" : "--key"} as well`,
		);
	if (pin !== undefined)
		checked(
			() => checkTls({ pin }),
			(cause) =>
				new UsageProblem(
					"--pin",
					cause,
					'see "openssl x509 -in FILE -noout -fingerprint -sha256", or leave it out',
				),
		);
	const options: TlsOptions = { ca: ca?.map((path) => readAuthority(path)), pin };
	if (cert === undefined || key === undefined) return options;
	const own = {
		certificate: readPem("--cert", cert, Label.CERTIFICATE),
		key: readPem("--key", key, Label.KEY),
	};
	checked(
		() => checkTls({ ...options, ...own }),
		(cause) =>
			new Problem(
				`--cert ${shown(cert)} and --key ${shown(key)}`,
				cause,
				"give the client's certificate and its own RSA key, as PEM files",
			),
	);
	return { ...options, ...own };
}

function readAuthority(path: string): string {
	const ca = readPem("--ca", path, Label.CERTIFICATE);
	checked(
		() => checkTls({ ca }),
		(cause) => new Problem(`--ca ${shown(path)}`, cause, "give an authority's certificate as a PEM file"),
	);
	return ca;
}

/** The file as PEM text: DER is put into it. */
function readPem(option: string, path: string, label: Label): string {
	const what = `${option} ${shown(path)}`;
	const advice = "give a PEM file";
	let bytes: Buffer;
	try {
		const found = statSync(path);
		if (!found.isFile()) throw new Error("it is no regular file");
		if (found.size > MOST_BYTES)
			throw new Error(
				`it has ${found.size} bytes, and a board has room for ${MOST_BYTES}; it takes single certificates, not a system's list`,
			);
		bytes = readFileSync(path);
	} catch (error) {
		throw new Problem(what, printable(textOf(error), 300), advice);
	}
	return bytes[0] === 0x30 && !bytes.includes("-----BEGIN") ? toPem(label, bytes) : bytes.toString("latin1");
}

function checked(check: () => unknown, problem: (cause: string) => Problem): void {
	try {
		check();
	} catch (error) {
		const cause = textOf(error)
			.replaceAll("tls.certificate", "--cert")
			.replace(/tls\.(ca|key|pin)/g, "--$1");
		throw problem(printable(cause, 300));
	}
}

function shown(path: string): string {
	return printable(path, 200);
}
