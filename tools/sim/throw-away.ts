// A certificate for the embedded broker, and an authority that has issued it, for this run only. Knows openssl, and files
// that go away again.

import { execFile } from "node:child_process";
import { generateKeyPair, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";

/** All of it PEM. */
export interface Identity {
	/** The authority's certificate. */
	ca: string;
	certificate: string;
	key: string;
}

const CONFIGURATION = `[req]
distinguished_name = name
prompt = no
[name]
CN = xs-mqtt throw-away
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = IP:127.0.0.1,DNS:localhost
`;

/** Longer than anybody lets it run. */
const DAYS = "365";

/** For a broker on 127.0.0.1. Nothing of it stays in `place`. */
export async function makeIdentity(program = "openssl", place = tmpdir()): Promise<Identity> {
	// Only its owner may look into it.
	const folder = mkdtempSync(join(place, "xs-mqtt-"));
	const remove = () => rmSync(folder, { recursive: true, force: true });
	process.once("exit", remove); // a process that quits waits for nothing else
	try {
		return await make(program, folder);
	} finally {
		remove();
		process.off("exit", remove);
	}
}

async function make(program: string, folder: string): Promise<Identity> {
	const file = (name: string, text: string) => {
		writeFileSync(join(folder, name), text, { mode: 0o600, flag: "wx" });
		return name;
	};
	const openssl = async (...args: string[]): Promise<string> => {
		try {
			const { stdout } = await promisify(execFile)(program, args, { cwd: folder });
			return stdout;
		} catch (error) {
			throw problem(error);
		}
	};
	const [caKey, key] = await Promise.all([newKey(), newKey()]);
	const serial = `0x${randomBytes(8).toString("hex")}`;
	const configuration = file("openssl.cnf", CONFIGURATION);
	const request = ["req", "-new", "-config", configuration, "-sha256"];
	const ca = await openssl(
		...[...request, "-x509", "-extensions", "ca", "-days", DAYS, "-key", file("ca.key", caKey)],
	);
	const asked = await openssl(...request, "-subj", "/CN=localhost", "-key", file("server.key", key));
	const certificate = await openssl(
		...["x509", "-req", "-in", file("server.csr", asked), "-CA", file("ca.pem", ca), "-CAkey", "ca.key"],
		...["-set_serial", serial, "-days", DAYS, "-sha256", "-extfile", configuration, "-extensions", "server"],
	);
	return { ca, certificate, key };
}

async function newKey(): Promise<string> {
	const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
	return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

function problem(error: unknown): Problem {
	if ((error as NodeJS.ErrnoException).code === "ENOENT")
		return new Problem(
			"--tls has no certificate",
			"openssl makes it, and is not installed",
			'install it ("apt-get install openssl", "brew install openssl"), or give a --broker with mqtts:// and --ca',
		);
	const { stderr } = error as { stderr?: string };
	return new Problem(
		"--tls has no certificate",
		`openssl failed: ${printable(stderr?.trim() || textOf(error), 300)}`,
		'check what "openssl version" says',
	);
}
