import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { urlOf } from "../../tools/option-values.js";
import { FAILED, Problem, WRONG_USAGE } from "../../tools/problem.js";
import { checkOptions, type RawOptions } from "../../tools/sim/options.js";
import { Authority, type Issued } from "../support/authority.js";

const RAW: RawOptions = { name: "sensor-node", stack: "lwip" };

function refused(raw: Partial<RawOptions>, status = WRONG_USAGE): string {
	try {
		checkOptions({ ...RAW, ...raw });
	} catch (error) {
		expect(error).toBeInstanceOf(Problem);
		expect((error as Problem).exitStatus).toBe(status);
		const { message } = error as Problem;
		expect(message).not.toContain("\n");
		expect(message).not.toContain("\x1b");
		return message;
	}
	throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

test("numbers are whole and within bounds", () => {
	expect(checkOptions({ ...RAW, messages: "20", timeout: "3", interval: "10", port: "1884" })).toMatchObject({
		messages: 20,
		timeout: 3000,
		interval: 10,
		port: 1884,
	});
	for (const text of ["0", "-1", "1.5", "1e3", "", " ", "x", "0x10", "99999999999999", "NaN"])
		expect(refused({ messages: text })).toContain("--messages");
	expect(refused({ interval: "9" })).toContain("--interval");
	expect(refused({ interval: "3600001" })).toContain("--interval");
	expect(refused({ port: "65536" })).toContain("--port");
	expect(refused({ timeout: "\x1b[2J".repeat(100) })).toContain("…");
});

test("board and stack are known ones, the name makes a topic", () => {
	expect(refused({ board: "pico" })).toContain("esp8266, esp32, none");
	expect(refused({ stack: "tcp" })).toContain("lwip, lin");
	for (const name of ["", "a#", "+/a", "/a", "a/", "a//b", "a b", "a\0", "x".repeat(65)])
		expect(refused({ name })).toContain("--name");
	expect(checkOptions({ ...RAW, name: "home/kitchen_1.a-b" }).name).toBe("home/kitchen_1.a-b");
});

test("the broker's address", () => {
	const broker = (text: string) => checkOptions({ ...RAW, broker: text }).broker;
	expect(broker("mqtt://localhost")).toEqual({ host: "localhost", port: 1883 });
	expect(broker("mqtt://10.0.0.1:1884/")).toEqual({ host: "10.0.0.1", port: 1884 });
	expect(broker("mqtt://ann:p%40ss%3A@host:1")).toEqual({
		host: "host",
		port: 1,
		username: "ann",
		password: "p@ss:",
	});
	const environment = { XS_MQTT_BROKER_PASSWORD: "hidden" };
	expect(checkOptions({ ...RAW, broker: "mqtt://ann@host" }, environment).broker).toMatchObject({
		password: "hidden",
	});
	expect(checkOptions({ ...RAW, broker: "mqtt://ann:x@host" }, environment).broker).toMatchObject({
		password: "x",
	});
	expect(checkOptions({ ...RAW, broker: "mqtt://host" }, environment).broker).toEqual({
		host: "host",
		port: 1883,
	});
	expect(refused({ broker: "mqtt://host", port: "1883" })).toContain("--port");
	for (const text of [
		"",
		"host",
		"host:1883",
		"http://host",
		"ssl://host",
		"mqtt://",
		"mqtt://[::1]",
		"mqtt://h:0",
		"mqtt://h:70000",
	])
		expect(refused({ broker: text })).toContain("mqtt://host:port");
	expect(refused({ broker: "mqtt://host/topic" })).toContain("has more after the port");
});

describe("TLS", () => {
	let ca: Authority;
	let server: Issued;
	let own: Issued;
	let folder: string;
	beforeAll(() => {
		ca = new Authority();
		server = ca.issue();
		own = ca.issue({ name: "board" });
		folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	});
	afterAll(() => {
		ca.remove();
		rmSync(folder, { recursive: true });
	});
	const broker = "mqtts://host";
	const file = (name: string, content: string | Uint8Array) => {
		const path = join(folder, name);
		writeFileSync(path, content);
		return path;
	};

	test("the broker's address, and whom to trust", () => {
		const trusted = (text: string) => checkOptions({ ...RAW, broker: text, ca: [ca.own.file] }).broker!;
		const tls = { ca: [ca.own.pem] };
		expect(trusted("mqtts://host")).toEqual({ host: "host", port: 8883, tls });
		expect(trusted("mqtts://ann:x@host:1")).toEqual({
			...{ host: "host", port: 1, username: "ann", password: "x" },
			tls,
		});
		expect(trusted("wss://host")).toEqual({ host: "host", port: 443, tls, webSocket: {} });
		expect(trusted("wss://host:8443/a/b?c=d")).toEqual({
			...{ host: "host", port: 8443, tls },
			webSocket: { path: "/a/b?c=d" },
		});
		expect(checkOptions({ ...RAW, broker: "ws://host" }).broker).toEqual({
			...{ host: "host", port: 80 },
			webSocket: {},
		});
		for (const [url, path] of [
			["ws://host/", "/"],
			["ws://ann:secret@host/", "/"],
			["ws://host?a", "/?a"],
		])
			expect(checkOptions({ ...RAW, broker: url }).broker?.webSocket).toEqual({ path });
		const { broker: pinned } = checkOptions({ ...RAW, broker, pin: [server.pin, own.pin] });
		expect(pinned?.tls).toEqual({ pin: [server.pin, own.pin] });
	});

	test("a URL is shown without what may be secret", () => {
		const shown = (text: string) => urlOf(checkOptions({ ...RAW, broker: text, pin: undefined }).broker!);
		expect(shown("mqtt://ann:secret@host")).toBe("mqtt://host:1883");
		expect(shown("ws://ann:secret@host/mqtt?token=secret")).toBe("ws://host:80/mqtt");
		const { broker: secure } = checkOptions({ ...RAW, broker: "wss://a:secret@host", pin: [server.pin] });
		expect(urlOf(secure!)).toBe("wss://host:443");
	});

	test("certificates and keys are read, also from DER", () => {
		const options = checkOptions({
			...{ ...RAW, broker, ca: [ca.own.file, file("ca.der", ca.own.der)] },
			...{ cert: own.file, key: own.keyFile },
		});
		const [pem, fromDer] = options.broker!.tls!.ca as string[];
		expect(pem).toBe(ca.own.pem);
		expect(fromDer.replace(/\s/g, "")).toBe(ca.own.pem.replace(/\s/g, ""));
		expect(options.broker!.tls).toMatchObject({ certificate: own.pem, key: own.key });
	});

	test("without memory for TLS it is no ESP8266, unless it is asked for", () => {
		expect(checkOptions(RAW).board).toBe("esp8266");
		expect(checkOptions({ ...RAW, tls: true }).board).toBe("esp32");
		expect(checkOptions({ ...RAW, broker, pin: [server.pin] }).board).toBe("esp32");
		expect(checkOptions({ ...RAW, tls: true, board: "esp8266" }).board).toBe("esp8266");
	});

	test("options that do not go together", () => {
		expect(refused({ broker })).toMatch(/--ca.*--pin/);
		expect(refused({ broker: "wss://host" })).toMatch(/--ca.*--pin/);
		for (const without of ["mqtt://host", "ws://host", undefined]) {
			expect(refused({ broker: without, ca: [ca.own.file] })).toMatch(/^--ca: .*mqtts:\/\//);
			expect(refused({ broker: without, pin: [server.pin] })).toMatch(/^--pin: /);
			expect(refused({ broker: without, key: own.keyFile })).toMatch(/^--key: /);
		}
		expect(refused({ tls: true, ca: [ca.own.file] })).toMatch(/^--ca: /);
		expect(refused({ broker: "mqtt://host", tls: true })).toMatch(/^--tls: .*mqtts:\/\//);
		expect(refused({ broker, ca: [ca.own.file], cert: own.file })).toMatch(/^--cert: .*--key/);
		expect(refused({ broker, ca: [ca.own.file], key: own.keyFile })).toMatch(/^--key: .*--cert/);
		expect(refused({ broker, pin: ["12:34"] })).toMatch(/^--pin: .*64 hexadecimal digits.*openssl x509/);
		for (const raw of [{ tls: true }, { broker, pin: [server.pin] }, { broker: "ws://host" }])
			expect(refused({ ...raw, protocol: true })).toMatch(/^--protocol: /);
	});

	test("files that are none, or hold something else", () => {
		const bad = (raw: Partial<RawOptions>) => refused({ broker, ...raw }, FAILED);
		expect(bad({ ca: [join(folder, "missing.pem")] })).toMatch(
			/^--ca .*missing\.pem: .*ENOENT.*; give a PEM file$/,
		);
		expect(bad({ ca: [folder] })).toMatch(/no regular file/);
		expect(bad({ ca: [file("empty", "")] })).toMatch(/^--ca .*PEM/);
		expect(bad({ ca: [file("text", "hello")] })).toMatch(/^--ca .*PEM/);
		expect(bad({ ca: [file("bundle", ca.own.pem.repeat(20))] })).toMatch(/bytes, and a board has room/);
		expect(bad({ ca: [own.keyFile] })).toMatch(/^--ca .*PRIVATE KEY/);
		expect(bad({ ca: [ca.own.file], cert: own.file, key: server.keyFile })).toMatch(/^--cert .* and --key /);
		expect(bad({ ca: [ca.own.file], cert: own.keyFile, key: own.keyFile })).toMatch(/^--cert /);
		const encrypted = ca.openssl("pkcs8", "-topk8", "-in", own.keyFile, "-passout", "pass:secret");
		const locked = bad({ ca: [ca.own.file], cert: own.file, key: file("locked.key", encrypted) });
		expect(locked).toMatch(/encrypted/);
		const elliptic = ca.issue({ name: "elliptic", key: "P-256" });
		expect(bad({ ca: [ca.own.file], cert: elliptic.file, key: elliptic.keyFile })).toMatch(/RSA/);
	});

	test("no refusal shows of a key what is secret", () => {
		const body = readFileSync(own.keyFile, "utf8").split("\n")[2];
		const broken = file("broken.key", own.key.replace(body, body.toLowerCase().slice(1)));
		const message = refused({ broker, pin: [server.pin], cert: own.file, key: broken }, FAILED);
		expect(message.toLowerCase()).not.toContain(body.toLowerCase().slice(1, 20));
	});
});

test("no refusal repeats a password", () => {
	for (const text of [
		"mqtts://u:secret@host",
		"wss://u:secret@host/mqtt?token=secret",
		"ssl://u:secret@host",
		"mqtt://u:secret@host:99999",
		"mqtt://u:secret%zz@host",
		"mqtt://:secret@host",
		"mqtt://u:secret@host/path",
		"mqtt://u:secret@",
		"http://u:secret@host",
	])
		expect(refused({ broker: text })).not.toContain("secret");
});
