// What the option tls may be, and what it is told when it may not be that.

import { execFileSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import {
	CA,
	certificate,
	ecPair,
	extension,
	nothing,
	pem,
	rsaPair,
	SERVER,
	sequence,
} from "../../support/certificates.js";

const root = { name: "Root", pair: rsaPair() };
const ca = certificate({ ...root, extensions: CA });
const other = certificate({ name: "Other", pair: rsaPair(), extensions: CA });
const device = rsaPair();
const own = certificate({ name: "device", pair: device, by: root, extensions: SERVER });
const pin = "0123456789abcdef".repeat(4);

const pkcs8 = (key: KeyObject) => new Uint8Array(key.export({ type: "pkcs8", format: "der" }));
const pkcs1 = (key: KeyObject) => new Uint8Array(key.export({ type: "pkcs1", format: "der" }));
const key = pkcs8(device.privateKey);

/** What it throws. */
function told(options: unknown): string {
	try {
		checkTls(options as TlsOptions);
	} catch (error) {
		return `${(error as Error).name}: ${(error as Error).message}`;
	}
	return "nothing";
}

test("what is left out has its default", () => {
	expect(checkTls({ pin })).toEqual({
		cas: [],
		pins: [new Uint8Array(Buffer.from(pin, "hex"))],
		clientCertificates: [],
		clientKey: undefined,
		serverName: undefined,
		alpn: [],
		fragmentLength: 4096,
	});
});

describe("certificates", () => {
	test("DER is not copied", () => {
		const settings = checkTls({ ca, certificate: own, key });
		expect(settings.cas[0]).toBe(ca);
		expect(settings.clientCertificates[0]).toBe(own);
		expect(settings.clientKey).toBe(key);
		expect(checkTls({ ca: ca.buffer as ArrayBuffer }).cas[0].buffer).toBe(ca.buffer);
	});

	test("what a host gives as a buffer of its own is not copied either", () => {
		// As resources of the Moddable SDK: not an ArrayBuffer, but taken for one.
		class Resource extends ArrayBuffer {}
		const resource = new Resource(ca.length);
		new Uint8Array(resource).set(ca);
		Object.setPrototypeOf(resource, { byteLength: ca.length });
		expect(resource instanceof ArrayBuffer).toBe(false);
		expect(checkTls({ ca: resource }).cas[0].buffer).toBe(resource);
	});

	const text = pem(ca);
	test.each([
		["PEM", text],
		["PEM as bytes", Buffer.from(text)],
		["lines that end as on Windows", text.replaceAll("\n", "\r\n")],
		["lines that are indented", text.replaceAll("\n", "\n\t\t")],
		["one line of base64", text.replace(/(?<!-)\n(?!-)/g, "")],
		["no end of line at the end", text.trim()],
		["what openssl x509 -text puts before it", `Certificate:\n  Data: -- 5 ---\n${text}`],
		["hyphens before it", `---${text}`],
		["text behind it", `${text}That was all.\n`],
		["text that is no ASCII", `Zertifikat für räume 🌡\n${text}`],
	])("%s", (_what, ca_) => {
		expect(checkTls({ ca: ca_ }).cas).toEqual([ca]);
	});

	test("PEM that was given as bytes stays as it is", () => {
		const bytes = Buffer.from(text);
		checkTls({ ca: bytes });
		expect(bytes.toString()).toBe(text);
	});

	test("what an authority asks for, and is not supported", () => {
		const wanted =
			"RangeError: tls.ca, certificate 1, has a critical extension, or name constraints, which are not supported";
		const asking = (...more: Uint8Array[]) => certificate({ ...root, extensions: [...CA, ...more] });
		expect(told({ ca: asking(extension("1.2.3.4", nothing, true)) })).toBe(wanted);
		expect(told({ ca: asking(extension("2.5.29.30", sequence())) })).toBe(wanted);
		expect(told({ ca: asking(extension("1.2.3.4", nothing)) })).toBe("nothing");
	});

	test("several in a text, and several texts", () => {
		expect(checkTls({ ca: pem(ca) + pem(other) }).cas).toEqual([ca, other]);
		expect(checkTls({ ca: [pem(ca) + pem(other), other] }).cas).toEqual([ca, other, other]);
	});

	test("each size of base64's last group", () => {
		for (let size = 0; size < 4; size++) {
			const name = "x".repeat(1 + size);
			const der = certificate({ name, pair: root.pair, extensions: CA });
			expect(checkTls({ ca: pem(der) }).cas).toEqual([der]);
		}
	});

	test.each([
		["an empty list", [], "RangeError: tls.ca is an empty list: it must have at least one"],
		["an empty text", "", "RangeError: tls.ca is neither PEM, which has a line -----BEGIN, nor DER"],
		["a path", "/etc/ca.pem", "RangeError: tls.ca is neither PEM"],
		["a number", 5, "TypeError: tls.ca is of type number: it must be PEM text, or DER as bytes"],
		["null", null, "TypeError: tls.ca is of type object: it must be"],
		["an object", {}, "TypeError: tls.ca is of type object: it must be"],
		["no bytes", new Uint8Array(0), "RangeError: tls.ca is neither PEM"],
		["bytes of no meaning", new Uint8Array(9), "RangeError: tls.ca is neither PEM"],
		["DER that is cut", ca.slice(0, 100), "RangeError: tls.ca, certificate 1, is no certificate, or was cut"],
		["the second cut", [ca, other.slice(1)], "RangeError: tls.ca is neither PEM"],
		[
			"the second cut, in PEM",
			[ca, pem(other.slice(0, 99))],
			"RangeError: tls.ca, certificate 2, is no certificate",
		],
		["a list in a list", [[ca]], "TypeError: tls.ca is of type object"],
		["no END", text.slice(0, -30), 'RangeError: tls.ca has a block "CERTIFICATE" without its line -----END'],
		[
			"another END",
			text.replace("END CERT", "END CURT"),
			'RangeError: tls.ca has a block "CERTIFICATE" without',
		],
		[
			"a longer END",
			text.replace("END CERTIFICATE", "END CERTIFICATES"),
			'tls.ca has a block "CERTIFICATE" without',
		],
		["no label", "-----BEGIN \n-----", "RangeError: tls.ca has a line -----BEGIN without a label"],
		[
			"no end of the label",
			"-----BEGIN CERTIFICATE",
			"RangeError: tls.ca has a line -----BEGIN without a label",
		],
		[
			"a long label",
			`-----BEGIN ${"X".repeat(33)}-----\n`,
			"RangeError: tls.ca has a line -----BEGIN without a label",
		],
		[
			"a small label",
			"-----BEGIN certificate-----",
			"RangeError: tls.ca has a line -----BEGIN without a label",
		],
		["no base64", text.replace("M", "!"), 'RangeError: tls.ca has a block "CERTIFICATE" that is not base64'],
		[
			"base64url",
			text.replace(/[A-Z](?=.*\n-----END)/, "_"),
			'tls.ca has a block "CERTIFICATE" that is not base64',
		],
		[
			"a padding in the middle",
			text.replace("MII", "M=I"),
			'tls.ca has a block "CERTIFICATE" that is not base64',
		],
		["nothing in it", pem(new Uint8Array(0)), "RangeError: tls.ca, certificate 1, is no certificate"],
		[
			"too much in it",
			pem(new Uint8Array(16_385)),
			'tls.ca has a block "CERTIFICATE" of 16385 bytes: 16384 are the most',
		],
		[
			"a key",
			pem(key, "PRIVATE KEY"),
			'RangeError: tls.ca has a block "PRIVATE KEY": it may have blocks "CERTIFICATE" only',
		],
		["a key in DER", key, "RangeError: tls.ca, certificate 1, is no certificate"],
		[
			"an unsupported key",
			certificate({ ...root, pair: rsaPair(1024), extensions: CA }),
			"RangeError: tls.ca, certificate 1, has a key that is not supported: RSA with 2048",
		],
	])("%s", (_what, ca_, wanted) => {
		expect(told({ ca: ca_ })).toContain(wanted);
	});

	test.each(["QUJDA===", "QUJD====", "====", "="])("base64 %s has too much padding", (base64) => {
		expect(told({ ca: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n` })).toContain(
			"not base64",
		);
	});

	test.each(["QQ==", "QUI=", "QUJD"])("base64 %s has to be filled up, with bits that are 0", (base64) => {
		const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
		expect(told({ ca: block(base64) })).toContain("is no certificate");
		for (const broken of [base64.slice(0, -1), `${base64}=`, `${base64}A`])
			expect(told({ ca: block(broken) })).toContain("not base64");
		if (base64.endsWith("="))
			expect(told({ ca: block(base64.replace(/[QI](?==)/, "R").replace("UR", "UJ")) })).toContain(
				"not base64",
			);
	});
});

describe("pins", () => {
	const bytes = new Uint8Array(Buffer.from(pin, "hex"));

	test.each([
		["digits", pin],
		["large digits", pin.toUpperCase()],
		["colons", pin.replace(/..(?=.)/g, "$&:")],
		["bytes", bytes],
		["a list", [pin]],
	])("%s", (_what, given) => {
		expect(checkTls({ pin: given }).pins).toEqual([bytes]);
	});

	test("several", () => {
		expect(checkTls({ pin: [pin, "00".repeat(32)] }).pins).toEqual([bytes, new Uint8Array(32)]);
	});

	test.each([
		["an empty text", ""],
		["too few digits", pin.slice(1)],
		["too many", `${pin}0`],
		["no digits", `g${pin.slice(1)}`],
		["an apostrophe", pin.replace("a", "'")],
		["another sign between", pin.replace(/..(?=.)/g, "$&-")],
		["colons in the wrong place", `0:${pin.slice(1).replace(/..(?=.)/g, "$&:")}`],
		["31 bytes", new Uint8Array(31)],
		["a number", 5],
		["null", null],
	])("%s", (_what, given) => {
		expect(told({ pin: given })).toMatch(
			/^RangeError: tls.pin is .*: it must be the SHA-256 of the broker's/,
		);
	});

	test("an empty list", () => {
		expect(told({ pin: [] })).toBe("RangeError: tls.pin is an empty list: it must have at least one SHA-256");
	});
});

describe("there is always something that is verified", () => {
	test.each([[{}], [{ serverName: "x" }], [{ ca: undefined, pin: undefined }]])("%j", (options) => {
		expect(told(options)).toMatch(
			/^TypeError: tls has neither ca nor pin: without one the broker could be any/,
		);
	});

	test.each([
		"verify",
		"rejectUnauthorized",
		"insecure",
		"checkServerIdentity",
		"Ca",
		"pins",
		"cert",
		"trace",
	])("no option %s", (name) => {
		expect(told({ ca, [name]: false })).toMatch(
			new RegExp(`^TypeError: tls.${name} is not an option: .* None turns verification off`),
		);
	});

	test.each([true, null, "localhost", 5])("tls: %p", (options) => {
		expect(told(options)).toMatch(/^TypeError: tls is .*: it must be an object with ca or pin$/);
	});
});

describe("a key in another option's place is not shown", () => {
	const text = pem(key, "PRIVATE KEY");
	const line = text.split("\n")[1];

	test.each(
		["pin", "serverName", "alpn", "fragmentLength"].flatMap((name) => [
			[name, text],
			[name, key],
			[name, [[text]]],
		]),
	)("%s", (name, value) => {
		const message = told({ ca, [name as string]: value });
		expect(message).toMatch(
			new RegExp(`^RangeError: tls.${name} (is|has) (an object|a text of \\d+ characters): `),
		);
		expect(message).not.toContain(line);
	});

	test("tls itself", () => {
		expect(told(text)).toMatch(/^TypeError: tls is a text of \d+ characters: it must be an object/);
	});
});

describe("the client's certificate and key", () => {
	test("PKCS#8 stays as it is, PKCS#1 is wrapped in it", () => {
		for (const given of [
			key,
			pem(key, "PRIVATE KEY"),
			pkcs1(device.privateKey),
			pem(pkcs1(device.privateKey), "RSA PRIVATE KEY"),
			pem(own) + pem(key, "PRIVATE KEY"),
		])
			expect(checkTls({ ca, certificate: own, key: given }).clientKey).toEqual(key);
	});

	test.each([2048, 3072, 4096])("of %d bits", (size) => {
		const pair = rsaPair(size);
		const options = { ca, certificate: certificate({ pair }), key: pkcs1(pair.privateKey) };
		expect(checkTls(options).clientKey).toEqual(pkcs8(pair.privateKey));
	});

	test("issuers stand behind it", () => {
		expect(checkTls({ ca, certificate: [own, ca], key }).clientCertificates).toEqual([own, ca]);
		expect(told({ ca, certificate: [own, other], key })).toContain(
			"RangeError: tls.certificate, certificate 2, is not the issuer of the one before it",
		);
	});

	test("one without the other", () => {
		expect(told({ ca, certificate: own })).toContain("TypeError: tls.certificate is given without tls.key");
		expect(told({ ca, key })).toContain("TypeError: tls.key is given without tls.certificate");
	});

	test("they belong together, and its own is the first", () => {
		const wanted = "RangeError: tls.certificate, certificate 1, is not that of tls.key";
		expect(told({ ca, certificate: other, key })).toContain(wanted);
		expect(told({ ca, certificate: [ca, own], key })).toContain(wanted);
		const ec = certificate({ pair: ecPair("P-256") });
		expect(told({ ca, certificate: ec, key })).toContain(
			"certificate 1, has no RSA key of 2048 to 4096 bits",
		);
	});

	const changed = (der: Uint8Array, at: number, value: number) =>
		der.map((byte, i) => (i === at ? value : byte));
	const EC = ecPair("P-256");
	const openssl = (args: string, input: Uint8Array | "" = "") =>
		execFileSync("openssl", args.split(" "), { input, stdio: ["pipe", "pipe", "ignore"] });
	const exported = (type: "pkcs8" | "sec1", format: "pem" | "der", more = {}) =>
		EC.privateKey.export({ type, format, ...more } as never) as string | Buffer;
	const encrypted = { cipher: "aes-256-cbc", passphrase: "secret" };
	const rsa1024 = rsaPair(1024).privateKey;
	const dsa = generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 });
	const rule = ": it has to be an RSA key, in PKCS#8 or PKCS#1, not encrypted";
	test.each([
		["EC in PKCS#8", exported("pkcs8", "pem"), `tls.key is an EC key${rule}`],
		["EC in PKCS#8, DER", exported("pkcs8", "der"), `tls.key is an EC key${rule}`],
		["EC as openssl ecparam -genkey writes it", openssl("ecparam -name prime256v1 -genkey"), "is an EC key"],
		["EC in its older format, DER", exported("sec1", "der"), "tls.key is an EC key"],
		["EC, encrypted", exported("pkcs8", "pem", encrypted), "tls.key is encrypted"],
		[
			"Ed25519",
			generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
			"tls.key is an Ed25519 key or one like it",
		],
		["DSA", dsa.privateKey.export({ type: "pkcs8", format: "pem" }), "tls.key is a DSA key"],
		[
			"DSA in its older format",
			openssl("pkey -traditional -inform DER", dsa.privateKey.export({ type: "pkcs8", format: "der" })),
			"tls.key is a DSA key",
		],
		[
			"RSA-PSS",
			generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey.export({
				type: "pkcs8",
				format: "pem",
			}),
			"tls.key is a key of another kind",
		],
		[
			"encrypted PKCS#8",
			device.privateKey.export({ type: "pkcs8", format: "pem", ...encrypted }),
			"tls.key is encrypted",
		],
		[
			"encrypted PKCS#8, DER",
			device.privateKey.export({ type: "pkcs8", format: "der", ...encrypted }),
			"tls.key is encrypted",
		],
		[
			"encrypted PKCS#1",
			device.privateKey.export({ type: "pkcs1", format: "pem", ...encrypted }),
			'tls.key has a block "RSA PRIVATE KEY" with headers, as encrypted keys have',
		],
		["a public key", device.publicKey.export({ type: "spki", format: "pem" }), "tls.key is a public key"],
		[
			"a public key, PKCS#1",
			device.publicKey.export({ type: "pkcs1", format: "pem" }),
			"tls.key is a public key",
		],
		["a certificate", pem(own), "tls.key is a certificate"],
		["a certificate, DER", own, "tls.key is a certificate"],
		[
			"1024 bits",
			rsa1024.export({ type: "pkcs8", format: "der" }),
			"tls.key has 1024 bits: it may have 2048 to 4096",
		],
		["1024 bits, PKCS#1", rsa1024.export({ type: "pkcs1", format: "der" }), "tls.key has 1024 bits"],
		["a key that is cut", key.slice(0, -1), "tls.key is no private key in PEM or DER, or was cut"],
		["a byte behind it", Buffer.concat([key, Buffer.of(0)]), "tls.key is no private key"],
		[
			"PKCS#1 with a byte behind it",
			Buffer.concat([pkcs1(device.privateKey), Buffer.of(0)]),
			"tls.key is no private key",
		],
		["another version of PKCS#8", changed(key, 6, 1), "tls.key is of version 1 of PKCS#8: 0 is known"],
		[
			"a key of more than two primes",
			changed(pkcs1(device.privateKey), 6, 1),
			"tls.key is a key of more than two",
		],
		["a password", "correct horse battery staple", "tls.key is neither PEM"],
		["a list", [key], "TypeError: tls.key is of type object"],
		["a KeyObject of Node", device.privateKey, "TypeError: tls.key is of type object"],
	])("a key that cannot be used: %s", (_what, given, wanted) => {
		expect(told({ ca, certificate: own, key: given })).toContain(wanted);
	});

	test("nothing of a key is ever shown", () => {
		const text = pem(key, "PRIVATE KEY");
		const secrets = [key, text, pkcs1(device.privateKey)].flatMap((given) => {
			const all: (string | Uint8Array)[] = [];
			for (let i = 0; i < given.length; i += 7) {
				all.push(given.slice(0, i), given.slice(i));
				all.push(
					typeof given === "string"
						? `${given.slice(0, i)}!${given.slice(i)}`
						: given.map((byte, at) => (at === i ? byte ^ 0x55 : byte)),
				);
			}
			return all;
		});
		const base64 = Buffer.from(key).toString("base64");
		for (const given of secrets) {
			const message = told({ ca, certificate: own, key: given });
			for (let i = 0; i + 8 <= base64.length; i += 4)
				if (message.includes(base64.slice(i, i + 8))) throw new Error(`shown: ${message}`);
			expect(message.length).toBeLessThan(200);
			expect(message).not.toMatch(/\d+,\d+,\d+/);
		}
	});
});

describe("the broker's host, without a serverName,", () => {
	const refused = ["bröker.local", "::1", "mqtts://broker.local", "broker local", "a..b"];

	test.each(refused)("%s: no certificate can be for it", (host) => {
		const message = `host is "${host}": it must be a host name, letters of other scripts as punycode (xn--...)`;
		expect(() => checkTls({ ca }, ["broker.local", host])).toThrow(message);
	});

	test("may be anything where it is not compared", () => {
		checkTls({ ca, serverName: "broker.local" }, refused);
		checkTls({ pin }, refused);
		checkTls({ ca }, ["broker.local", "192.168.1.2", "xn--brker-lua.local", "a_b."]);
	});
});

describe("names and numbers", () => {
	test.each([
		["broker.example.com", "broker.example.com"],
		["broker.example.com.", "broker.example.com"],
		["Broker", "Broker"],
		["192.168.1.7", "192.168.1.7"],
		["xn--rume-koa.example", "xn--rume-koa.example"],
	])("serverName %s", (given, wanted) => {
		expect(checkTls({ ca, serverName: given }).serverName).toBe(wanted);
	});

	test.each([
		"",
		".",
		"räume.example",
		"a b",
		"a..b",
		"::1",
		"[::1]",
		"1.2.3",
		"256.0.0.1",
		"*.example.com",
		"https://x",
		"x:8883",
		null,
		5,
		["x"],
	])("serverName %p", (given) => {
		expect(told({ ca, serverName: given })).toMatch(
			/^RangeError: tls.serverName is .*: it must be a host name, letters of other scripts as punycode/,
		);
	});

	test("alpn", () => {
		expect(checkTls({ ca, alpn: "x-amzn-mqtt-ca" }).alpn).toEqual(["x-amzn-mqtt-ca"]);
		const list = ["mqtt", "x".repeat(255)];
		const { alpn } = checkTls({ ca, alpn: list });
		expect(alpn).toEqual(list);
		list.pop();
		expect(alpn).toHaveLength(2);
	});

	test.each([
		["", 'tls.alpn has "": a protocol\'s name has 1 to 255 bytes'],
		["x".repeat(256), "a protocol's name has 1 to 255 bytes"],
		["é".repeat(128), "a protocol's name has 1 to 255 bytes"],
		["\ud800", "a protocol's name has 1 to 255 bytes"],
		[["mqtt", 5], "tls.alpn has 5: a protocol's name has 1 to 255 bytes"],
		[null, "tls.alpn has null: a protocol's name has"],
		[[], "tls.alpn is a list of 0: it may have 1 to 16"],
		[Array(17).fill("mqtt"), "tls.alpn is a list of 17: it may have 1 to 16"],
	])("alpn %p", (alpn, wanted) => {
		expect(told({ ca, alpn })).toContain(`RangeError: ${wanted}`.replace("RangeError: a", "a"));
	});

	test.each([512, 1024, 2048, 4096, 16_384])("fragmentLength %d", (fragmentLength) => {
		expect(checkTls({ ca, fragmentLength }).fragmentLength).toBe(fragmentLength);
	});

	test.each([0, 511, 8192, 16_385, "4096", null, Number.NaN])("fragmentLength %p", (fragmentLength) => {
		expect(told({ ca, fragmentLength })).toMatch(
			/^RangeError: tls.fragmentLength is .*: it must be 512, 1024, 2048, 4096 or 16384$/,
		);
	});
});
