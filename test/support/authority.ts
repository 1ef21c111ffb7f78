// Certificate authorities of the tests' own, made with openssl in a folder that goes away.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Wanted {
	/** Common name. Default "localhost". */
	name?: string;
	/** Subject alternative names as openssl takes them; "" for none. Default "DNS:" and the name. */
	names?: string;
	/** Default RSA of 2048 bits. */
	key?: "rsa:2048" | "rsa:3072" | "rsa:4096" | "P-256" | "P-384";
	/** Of an RSA key. Default 65537. */
	exponent?: number;
	/** Days from now. Default -1. */
	from?: number;
	/** Days from now. Default 30. */
	to?: number;
	/** Digest of the signature. Default "sha256". */
	digest?: string;
	/** It may issue others. Default false. */
	ca?: boolean;
	/** Further extensions, a line each, as openssl's configuration has them. */
	extensions?: readonly string[];
	/** Without what points to its issuer's key and its own (RFC 5280, section 4.2.1), as simple recipes make them. */
	simple?: boolean;
	/** Default: made for the certificate. */
	privateKey?: string;
}

/** A certificate, its key, and its files. */
export interface Issued {
	/** Path of the certificate, PEM. */
	file: string;
	/** Path of the private key, PKCS#8 in PEM. */
	keyFile: string;
	pem: string;
	/** PKCS#8 in PEM. */
	key: string;
	der: Uint8Array;
	/** SHA-256 of `der`, in hexadecimal digits. */
	pin: string;
}

/** The time that openssl's `ca` takes. */
function time(days: number): string {
	const text = new Date(Date.now() + days * 86_400_000).toISOString();
	return `${text.slice(0, 19).replace(/[-:T]/g, "")}Z`;
}

export class Authority {
	readonly folder: string;
	readonly own: Issued;
	#count = 0;

	/** An authority of its own, or one that `issuer` has issued. */
	constructor(wanted: Wanted = {}, issuer?: Authority) {
		this.folder = mkdtempSync(join(tmpdir(), "xs-mqtt-authority-"));
		writeFileSync(join(this.folder, "index.txt"), "");
		const all = { name: "Test authority", names: "", ca: true, ...wanted };
		this.own = issuer === undefined ? this.#make(all) : issuer.#make(all, this.folder);
	}

	/** Openssl, in the folder. */
	openssl(...args: string[]): Buffer {
		return execFileSync("openssl", args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
	}

	issue(wanted: Wanted = {}): Issued {
		return this.#make(wanted);
	}

	/** Path of a list of what is revoked (CRL). */
	revoke(...revoked: Issued[]): string {
		for (const { file } of revoked) this.openssl("ca", ...this.#as(), "-revoke", file);
		this.openssl("ca", ...this.#as(), "-gencrl", "-crldays", "30", "-out", "revoked.pem");
		return join(this.folder, "revoked.pem");
	}

	/** Path of a file with these, one behind the other. */
	bundle(name: string, ...certificates: readonly Issued[]): string {
		const path = join(this.folder, name);
		writeFileSync(path, certificates.map(({ pem }) => pem).join(""));
		return path;
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** Options of `openssl ca`. */
	#as(): string[] {
		const { file, keyFile } = this.own;
		writeFileSync(
			join(this.folder, "ca.cnf"),
			"[ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\nserial=serial.txt\nunique_subject=no\ndefault_md=sha256\n" +
				"policy=any\nnew_certs_dir=.\n[any]\ncommonName=supplied\n",
		);
		return ["-config", "ca.cnf", "-batch", "-notext", "-cert", file, "-keyfile", keyFile];
	}

	#make(wanted: Wanted, folder = this.folder): Issued {
		const { name = "localhost", key = "rsa:2048", ca = false, digest = "sha256" } = wanted;
		const names = wanted.names ?? `DNS:${name}`;
		const id = `${this.#count++}-${name.replace(/\W/g, "_")}`;
		const keyFile = join(folder, `${id}.key`);
		const file = join(folder, `${id}.pem`);
		const request = join(folder, `${id}.csr`);
		const extensions = join(folder, `${id}.ext`);
		if (wanted.privateKey !== undefined) writeFileSync(keyFile, wanted.privateKey);
		else if (key.startsWith("rsa:"))
			this.openssl(
				"genpkey",
				"-algorithm",
				"RSA",
				"-pkeyopt",
				`rsa_keygen_bits:${key.slice(4)}`,
				"-pkeyopt",
				`rsa_keygen_pubexp:${wanted.exponent ?? 65_537}`,
				"-out",
				keyFile,
			);
		else this.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${key}`, "-out", keyFile);
		this.openssl("req", "-new", "-key", keyFile, "-subj", `/CN=${name}`, "-out", request);
		const lines = [
			...(wanted.simple ? [] : ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always"]),
			`basicConstraints=critical,CA:${ca ? "TRUE" : "FALSE"}`,
			...(ca ? ["keyUsage=critical,keyCertSign,cRLSign"] : []),
			...(names === "" ? [] : [`subjectAltName=${names}`]),
			...(wanted.extensions ?? []),
		];
		writeFileSync(extensions, `${lines.join("\n")}\n`);
		const self = this.own === undefined && folder === this.folder;
		const as = self ? this.#selfSigning(file, keyFile) : this.#as();
		const dates = ["-startdate", time(wanted.from ?? -1), "-enddate", time(wanted.to ?? 30)];
		this.openssl(
			"ca",
			...as,
			"-md",
			digest,
			...dates,
			"-in",
			request,
			"-extfile",
			extensions,
			"-rand_serial",
			"-out",
			file,
		);
		const der = new Uint8Array(this.openssl("x509", "-in", file, "-outform", "DER"));
		return {
			file,
			keyFile,
			pem: readFileSync(file, "utf8"),
			key: readFileSync(keyFile, "utf8"),
			der,
			pin: this.openssl("x509", "-in", file, "-noout", "-fingerprint", "-sha256")
				.toString()
				.replace(/.*=|:|\s/g, "")
				.toLowerCase(),
		};
	}

	#selfSigning(file: string, keyFile: string): string[] {
		(this as { own: Partial<Issued> }).own = { file, keyFile };
		return ["-selfsign", ...this.#as().slice(0, 4), "-keyfile", keyFile];
	}
}

/** A certificate that signed itself. */
export function selfSigned(wanted: Wanted = {}): Issued & { remove(): void } {
	const authority = new Authority({ ca: false, name: "localhost", names: "DNS:localhost", ...wanted });
	return Object.assign(authority.own, { remove: () => authority.remove() });
}
