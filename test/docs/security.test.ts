// docs/security.md: what it says to type is typed, and what comes of it stands up to a real Mosquitto and to our client.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { network } from "../../hosts/node/network.js";
import * as clientReasons from "../../src/connection/reasons.js";
import { Client } from "../../src/index.js";
import type { TlsOptions } from "../../src/transport/tls/options.js";
import * as tlsReasons from "../../src/transport/tls/reasons.js";
import type { Reason } from "../../src/wire/reason.js";
import { startExample } from "../examples/example.js";
import { FIRST } from "../support/board.js";
import { endLater, Inbox, type Mosquitto, startMosquitto, unique } from "../support/brokers.js";
import { codeBelow, namesInTable } from "../support/page.js";

const PAGE = "docs/security.md";
const HOME = "A CA and certificates for a broker at home";
/** The only name of this computer that every one has. */
const HOST = "localhost";

let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-security-"));
	type(codeBelow(PAGE, HOME, "sh")[0].replace("HOST=broker.local", `HOST=${HOST}`));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As if typed into a terminal, where the first failure ends it. */
function type(lines: string): string {
	return execFileSync("sh", ["-euc", lines], {
		cwd: folder,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
	});
}

const text = (name: string) => readFileSync(join(folder, name), "utf8");

/** The lines of a mosquitto.conf on the page, with `more`: the port is the test's, and files have full paths, as it runs elsewhere. */
function start(lines: string, ...more: string[]): Promise<Mosquitto> {
	const [listener, ...settings] = [...lines.trim().split("\n"), ...more];
	expect(listener).toBe("listener 8883");
	return startMosquitto({
		settings: settings.map((line) =>
			line.replace(/^(\w+file) (\S+)$/, (_, option, file) => `${option} ${join(folder, file)}`),
		),
	});
}

/** A Client of ours, and what it was told: "connected", or why not. */
function connect(
	{ port }: Mosquitto,
	tls: TlsOptions,
): { client: Client; told: Inbox<"connected" | Reason> } {
	const told = new Inbox<"connected" | Reason>();
	const client = new Client({
		...network,
		protocolVersion: 4,
		host: HOST,
		port,
		clientId: unique("security"),
		tls,
		onConnected: () => told.push("connected"),
		onDisconnected: (reason) => told.push(reason),
	});
	endLater(() => client.close());
	return { client, told };
}

const all = () => true;
const home = () => codeBelow(PAGE, HOME, "ini")[0];
const ours = (name = "sensor-1"): TlsOptions => ({
	ca: text("ca.pem"),
	certificate: text(`${name}.pem`),
	key: text(`${name}.key`),
});

/** mosquitto_sub's options on the page, for a client that every computer with this repository has. */
function listen(port: number) {
	const line = codeBelow(PAGE, HOME, "sh")[1]
		.split("\n")
		.find((it) => it.startsWith("mosquitto_sub"))!;
	const match =
		/^mosquitto_sub --cafile (\S+) --cert (\S+) --key (\S+) -h broker\.local -p 8883 -v -t '(\S+)'$/.exec(
			line,
		);
	const [, ca, cert, key, filter] = match!;
	return connectAsync(`mqtts://${HOST}:${port}`, {
		ca: text(ca),
		cert: text(cert),
		key: text(key),
		reconnectPeriod: 0,
	}).then(async (mqtt) => {
		endLater(() => mqtt.endAsync(true));
		const inbox = new Inbox<string>();
		mqtt.on("message", (topic, payload) => inbox.push(`${topic} ${payload}`));
		await mqtt.subscribeAsync(filter);
		return inbox;
	});
}

test("the ten lines are ten at most, and the two commands behind them are what is tried here", () => {
	const [lines, commands] = codeBelow(PAGE, HOME, "sh");
	expect(lines.trim().split("\n").length).toBeLessThanOrEqual(10);
	expect(commands.split("\n")[0]).toBe("mosquitto -c mosquitto.conf");
});

test("a broker and a client with those certificates find each other, and mosquitto_sub's options show it", async () => {
	const broker = await start(home());
	const seen = await listen(broker.port);
	const { client, told } = connect(broker, ours());
	expect(await told.find(all)).toBe("connected");
	client.publish("sensor-1/temperature", "21.5", 1);
	expect(await seen.find(all)).toBe("sensor-1/temperature 21.5");
});

/** The page's, and somebody who may hear all. */
function writeAccessList(): void {
	writeFileSync(
		join(folder, "acl"),
		`user listener\ntopic readwrite #\n${codeBelow(PAGE, "On the broker", "ini")[0]}`,
	);
}

test(
	"so does the secure sensor in the real engine, and is told apart by its certificate",
	async () => {
		writeAccessList();
		const broker = await start(home(), "acl_file acl");
		const seen = await listen(broker.port);
		const { ca, certificate, key } = ours();
		const device = await startExample(
			"secure-sensor",
			{
				host: HOST,
				port: broker.port,
				name: "sensor-1",
				interval: 200,
				connectTimeout: 10_000,
				"ca.pem": ca,
				"client.pem": certificate,
				"client.key": key,
			},
			{ board: "esp32" },
		);
		expect(await device.traces.next()).toMatch(/^connected/);
		expect(await seen.find((line) => line.startsWith("sensor-1/uptime"))).toMatch(/^sensor-1\/uptime \d+$/);
	},
	FIRST,
);

test("who has no certificate is not let in, and who has the wrong CA leaves", async () => {
	const broker = await start(home());
	expect(await connect(broker, { ca: text("ca.pem") }).told.find(all)).toBe(
		tlsReasons.CLIENT_CERTIFICATE_REFUSED,
	);
	type("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=Other -keyout other.key -out other.pem");
	expect(await connect(broker, { ...ours(), ca: text("other.pem") }).told.find(all)).toBe(
		tlsReasons.UNKNOWN_CA,
	);
});

test("the access list keeps a device below its own name", async () => {
	writeAccessList();
	const issue = codeBelow(PAGE, HOME, "sh")[0].match(/^issue\(\).*?^\}/ms)![0];
	type(`${issue}\nissue listener listener`);
	const broker = await start(home(), "acl_file acl");
	const seen = new Inbox<string>();
	const { client: listener, told: ready } = connect(broker, ours("listener"));
	listener.subscribe("#", 1, (message) => seen.push(`${message.topic} ${message.text()}`));
	await ready.find(all);
	const { client, told } = connect(broker, ours());
	await told.find(all);
	client.publish("sensor-2/temperature", "forged", 1);
	client.publish("sensor-1/temperature", "21.5", 1);
	expect(await seen.find(all)).toBe("sensor-1/temperature 21.5");
});

test("a certificate that signed itself is pinned by the digits that openssl shows", async () => {
	type(codeBelow(PAGE, "One certificate, no CA", "sh")[0].replaceAll("broker.", "pinned."));
	const [, pin] = /sha256 Fingerprint=(\S+)/i.exec(
		type("openssl x509 -in pinned.pem -noout -fingerprint -sha256"),
	)!;
	const broker = await start("listener 8883\ncertfile pinned.pem\nkeyfile pinned.key");
	expect(await connect(broker, { pin }).told.find(all)).toBe("connected");
	const other = `00${pin.slice(2)}`;
	expect(other).not.toBe(pin);
	expect(await connect(broker, { pin: other }).told.find(all)).toBe(tlsReasons.WRONG_PIN);
	expect(await connect(broker, { pin: [other, pin] }).told.find(all)).toBe("connected");
});

test("while a CA is renewed two are good", async () => {
	const lines = codeBelow(PAGE, HOME, "sh")[0].replace("HOST=broker.local", `HOST=${HOST}`);
	type(`mkdir -p renewed && cd renewed && ${lines}`);
	const before = await start(home());
	const after = await start(home().replace(/(broker\.\w+)/g, "renewed/$1"));
	const [old, renewed] = [text("ca.pem"), text("renewed/ca.pem")];
	expect(await connect(before, { ...ours(), ca: [old, renewed] }).told.find(all)).toBe("connected");
	expect(await connect(after, { ...ours(), ca: [old, renewed] }).told.find(all)).toBe("connected");
	expect(await connect(after, { ...ours(), ca: old }).told.find(all)).toBe(tlsReasons.UNKNOWN_CA);
});

test("a device whose certificate was revoked hears so", async () => {
	type(codeBelow(PAGE, "A board is lost", "sh")[0]);
	const broker = await start(home(), "crlfile revoked.pem");
	expect(await connect(broker, ours()).told.find(all)).toBe(tlsReasons.CLIENT_CERTIFICATE_REFUSED);
});

test("each reason has its row, and no row is left over", () => {
	const names = Object.keys(tlsReasons);
	expect(namesInTable(PAGE, "When it does not connect").sort()).toEqual([...names, "CLOCK_NOT_SET"].sort());
	expect(clientReasons.CLOCK_NOT_SET.fault).toBe("network");
});

test("docs/brokers.md has each option of tls", () => {
	const names = [...readFileSync("src/transport/tls/options.ts", "utf8").matchAll(/^\t(\w+)\?:/gm)].map(
		([, name]) => name,
	);
	expect(names).toContain("fragmentLength");
	expect(namesInTable("docs/brokers.md", "TLS").sort()).toEqual(names.sort());
});
