// What hosts/moddable makes of the SDK's modules, with stand-ins for them: Wi-Fi from the config, name servers, identity,
// the clock, TLS, WebSocket and digests for SCRAM where their manifests are included.

import { createHash, createHmac, type Hash, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { jest } from "@jest/globals";
import { Scram } from "../../src/authentication/scram.js";
import type { Network } from "../../src/connection/network.js";
import { Client } from "../../src/index.js";
import { Wifi } from "../../src/network/wifi.js";
import type { TlsCapability } from "../../src/transport/tls/capability.js";
import { Authority } from "../support/authority.js";

const config: Record<string, unknown> = {};
const net = new Map<string, unknown>();
const connects: unknown[] = [];
const timers: (() => void)[] = [];
const lookups: [string, (name: string, address?: string) => void][] = [];
const asked: { servers: string[]; host: string }[] = [];
const seeds: ArrayBuffer[] = [];
const clock: number[] = [];
let closed = 0;

class UDP {}
class SdkSession {}

/** As the SDK's is, which a state that was read from has no more. */
class SdkDigest {
	readonly #name: string;
	#hash: Hash | undefined;
	constructor(name: string) {
		this.#name = name;
		this.reset();
	}
	reset(): void {
		this.#hash = createHash(this.#name);
	}
	write(bytes: Uint8Array | ArrayBuffer): void {
		this.#hash!.update(new Uint8Array(bytes as ArrayBuffer));
	}
	close(): ArrayBuffer {
		return new Uint8Array(this.#hash!.digest()).buffer;
	}
}

const modules: Record<string, () => object> = {
	"mc/config": () => ({ default: config }),
	net: () => ({
		default: {
			get: (what: string) => net.get(what),
			resolve: (name: string, callback: (name: string, address?: string) => void) =>
				lookups.push([name, callback]),
		},
	}),
	time: () => ({ default: { ticks: 5, set: (seconds: number) => clock.push(seconds) } }),
	timer: () => ({
		default: { repeat: (callback: () => void) => timers.push(callback), schedule: () => {}, clear: () => {} },
	}),
	crypt: () => ({ Digest: SdkDigest }),
	curve: () => ({ default: class {} }),
	ecp: () => ({ default: class {} }),
	modular: () => ({ default: class {} }),
	rng: () => ({ default: { init: (seed: ArrayBuffer) => seeds.push(seed) } }),
	"ssl/session": () => ({ default: SdkSession }),
	logical: () => ({
		default: {
			xor(bytes: Uint8Array, mask: Uint8Array | ArrayBuffer) {
				const all = new Uint8Array(mask as ArrayBuffer);
				for (let i = 0; i < bytes.length; i++) bytes[i] ^= all[i % all.length];
			},
		},
	}),
	"embedded:io/socket/tcp": () => ({ default: class {} }),
	"embedded:io/socket/udp": () => ({ default: UDP }),
	"embedded:network/dns/resolver/udp": () => ({
		default: class {
			#servers: string[];
			constructor({ servers }: { servers: string[] }) {
				this.#servers = servers.slice();
			}
			resolve({ host }: { host: string }): void {
				asked.push({ servers: this.#servers, host });
			}
			close(): void {
				closed++;
			}
		},
	}),
	"embedded:network/interface/wifi": () => ({
		default: class {
			connection = 200;
			connect(options: unknown): void {
				connects.push(options);
			}
			disconnect(): void {}
		},
	}),
	"xs-mqtt/network/wifi": () => ({ Wifi }),
};

type Part = "tls" | "websocket" | "scram";

/** The module of each part that is put in the place of one without it. */
const MODULES = { tls: "tls", websocket: "websocket", scram: "crypto" } as const;

/** Puts stand-ins in the place of the SDK's modules. */
function begin(): void {
	jest.resetModules();
	for (const [name, make] of Object.entries(modules)) jest.unstable_mockModule(name, make, { virtual: true });
}

async function provide(specifier: string, path: string): Promise<Record<string, unknown>> {
	const part = await import(`../../${path}.ts`);
	jest.unstable_mockModule(specifier, () => part, { virtual: true });
	return part;
}

/** The network as an app on that host gets it, afresh, whose manifest includes those of `parts`. */
async function load(place: "board" | "simulator", ...included: Part[]): Promise<Network> {
	begin();
	// Names that the compiler does not follow: it has the SDK's types in hosts/moddable only.
	await provide("xs-mqtt/moddable/place", `hosts/moddable/${place}/place`);
	const plain = await provide("xs-mqtt/moddable/network", "hosts/moddable/common/network");
	if (included.length === 0) return plain.network as Network;
	await provide("xs-mqtt/transport/tls/layer", "src/transport/tls/layer");
	await provide("xs-mqtt/transport/websocket/layer", "src/transport/websocket/layer");
	await provide("xs-mqtt/moddable/crypto", "hosts/moddable/streams/without/crypto");
	await provide("xs-mqtt/moddable/tls/capability", "hosts/moddable/tls/capability");
	for (const part of ["tls", "websocket", "scram"] as const)
		await provide(
			`xs-mqtt/moddable/${MODULES[part]}`,
			`hosts/moddable/${included.includes(part) ? part : "streams/without"}/${MODULES[part]}`,
		);
	return (await provide("xs-mqtt/moddable/streams", "hosts/moddable/streams/streams")).network as Network;
}

beforeEach(() => {
	for (const key of Object.keys(config)) delete config[key];
	net.clear();
	for (const list of [connects, timers, lookups, asked, seeds, clock]) list.length = 0;
	closed = 0;
});

describe("a board", () => {
	test.each<[string, object, object[] | undefined]>([
		[
			"mcconfig's ssid and password",
			{ ssid: "attic", password: "secret" },
			[{ SSID: "attic", password: "secret" }],
		],
		["an open network", { ssid: "attic", password: "" }, [{ SSID: "attic" }]],
		["a list", { ssid: "x", wifi: [{ SSID: "attic" }, { SSID: "shed" }] }, [{ SSID: "attic" }]],
		["nothing", {}, undefined],
	])("has Wi-Fi from %s, made when it is asked for, one for all", async (_what, settings, expected) => {
		Object.assign(config, settings);
		const network = await load("board");
		expect(timers).toEqual([]);
		const { interface: wifi } = { ...network };
		if (expected === undefined) {
			expect(wifi).toBeUndefined();
			return;
		}
		expect(wifi).toBeInstanceOf(Wifi);
		expect(network.interface).toBe(wifi);
		timers[0]();
		expect(connects).toEqual(expected);
	});

	test("asks the name servers of the network it is in by then, all of them", async () => {
		const { dns } = { ...(await load("board")) };
		const ask = () => new dns.io(dns as never).resolve({ host: "x" } as never);
		ask();
		net.set("DNS", ["192.168.1.1", "192.168.1.2"]);
		ask();
		net.set("DNS", []);
		ask();
		expect(asked.map(({ servers }) => servers)).toEqual([
			["1.1.1.1"],
			["192.168.1.1", "192.168.1.2"],
			["1.1.1.1"],
		]);
		expect(dns.socket).toEqual({ io: UDP });
	});

	test("is known by its MAC address; without one by something nobody else has", async () => {
		const network = await load("board");
		const [one, other] = [network.id, network.id];
		expect(one).toMatch(/^[0-9a-f]+$/);
		expect(one).not.toBe(other);
		net.set("MAC", "A0:B1:C2:D3:E4:F5"); // the SDK's spelling
		expect(network.id).toBe("a0b1c2d3e4f5");
		net.set("MAC", "00:01:02:03:04:05");
		expect(network.id).toBe("000102030405");
	});
});

describe("a simulator", () => {
	test("has a network that is always up", async () => {
		Object.assign(config, { ssid: "attic" });
		expect((await load("simulator")).interface).toBeUndefined();
	});

	test("resolves names as the computer does, and asks a name server for what that does not find", async () => {
		const { dns } = await load("simulator");
		const resolver = new dns.io(dns as never);
		const found: string[] = [];
		const request = (host: string) => ({
			host,
			onResolved: (_host: string, address: string) => found.push(address),
		});
		resolver.resolve(request("broker.lan") as never);
		resolver.resolve(request("v6.lan") as never);
		lookups[0][1]("broker.lan", "10.0.0.5");
		lookups[1][1]("v6.lan");
		expect(found).toEqual(["10.0.0.5"]);
		expect(asked).toEqual([{ servers: ["1.1.1.1"], host: "v6.lan" }]);
		resolver.resolve(request("late.lan") as never);
		resolver.close();
		lookups[2][1]("late.lan", "10.0.0.6");
		expect([found.length, closed]).toEqual([1, 1]);
	});

	test("knows localhost by itself: the SDK on Linux does not, where it has an address of IPv6", async () => {
		const { dns } = await load("simulator");
		new dns.io(dns as never).resolve({ host: "localhost" } as never);
		expect([lookups.length, asked[0].host]).toEqual([0, "localhost"]);
	});

	test.each([
		[{ MAC: "a0:b1:c2:d3:e4:f5", IP: "10.0.0.2" }, "a0b1c2d3e4f5"],
		[{ IP: "10.0.0.2" }, "10.0.0.2"],
		[{}, "simulator"],
	])("is known by %j", async (known, id) => {
		for (const [what, value] of Object.entries(known)) net.set(what, value);
		expect((await load("simulator")).id).toBe(id);
	});
});

describe("TLS and WebSocket", () => {
	const authority = new Authority();
	const ca = authority.own.pem;
	afterAll(() => authority.remove());
	const broker = { host: "10.0.0.2", clientId: "board" };

	test.each<[Part, object]>([
		["tls", { tls: { ca } }],
		["websocket", { webSocket: {} }],
	])(
		"are there if manifest_%s.json is: without it the option is refused by the manifest's name",
		async (part, option) => {
			const without = await load("board", part === "tls" ? "websocket" : "tls");
			expect(() => new Client({ ...without, ...broker, ...option })).toThrow(`manifest_${part}.json`);
			const network = await load("board", part);
			expect(() => new Client({ ...network, ...broker, ...option })).not.toThrow();
		},
	);

	test("come with all that the plain network has, as it is", async () => {
		Object.assign(config, { ssid: "attic" });
		net.set("MAC", "A0:B1:C2:D3:E4:F5");
		const network = await load("board", "tls", "websocket");
		const { network: plain } = await import("xs-mqtt/moddable/network" as string);
		expect(Object.keys(network).sort()).toEqual([...Object.keys(plain), "streams", "crypto"].sort());
		const { streams, crypto, ...rest } = network;
		expect(rest).toEqual({ ...plain });
		expect(network.interface).toBeInstanceOf(Wifi);
		net.set("MAC", "00:01:02:03:04:05"); // not as it was when it was made
		expect(network.id).toBe("000102030405");
	});

	test("are no part of a plain network", async () => {
		expect((await load("board")).streams).toBeUndefined();
	});

	test("the SDK's generator is seeded for each session anew", async () => {
		await load("board", "tls");
		const name = "capability";
		const { capability } = (await import(`../../hosts/moddable/tls/${name}.ts`)) as {
			capability: TlsCapability;
		};
		for (let i = 0; i < 3; i++) expect(new capability.session({} as never)).toBeInstanceOf(SdkSession);
		expect(seeds.map(({ byteLength }) => byteLength)).toEqual([32, 32, 32]);
		const texts = seeds.map((seed) => Buffer.from(seed).toString("hex"));
		expect(new Set(texts).size).toBe(3);
		for (const seed of seeds) expect(new Set(new Uint8Array(seed)).size).toBeGreaterThan(16);
	});

	test("a mask has 32 bits at random", async () => {
		const layer = jest.fn();
		begin();
		jest.unstable_mockModule("xs-mqtt/transport/websocket/layer", () => ({ webSocketLayer: layer }), {
			virtual: true,
		});
		const name = "websocket";
		await import(`../../hosts/moddable/websocket/${name}.ts`);
		const { random } = layer.mock.calls[0][0] as { random(): number };
		let [ones, zeros] = [0, 0];
		for (let i = 0; i < 200; i++) {
			const mask = random();
			expect(mask).toBe(mask | 0);
			ones |= mask;
			zeros |= ~mask;
		}
		expect([ones, zeros]).toEqual([-1, -1]);
	});

	test.each<Part>(["tls", "websocket", "scram"])("manifest_%s.json takes out what it replaces", (part) => {
		const manifest = JSON.parse(readFileSync(`manifest_${part}.json`, "utf8"));
		const out = [manifest.modules["~"]].flat().filter((path: string) => path.startsWith("./"));
		const module = MODULES[part];
		expect(out).toEqual([`./hosts/moddable/streams/without/${module}`]);
		expect(existsSync(`${out[0]}.ts`)).toBe(true);
		expect(manifest.include).toContain("./hosts/moddable/streams/manifest.json");
		expect(manifest.modules[`xs-mqtt/moddable/${module}`]).toBe(`./hosts/moddable/${part}/${module}`);
	});
});

describe("digests for SCRAM", () => {
	const digests = async () => (await load("board", "scram")).crypto!;

	test("are there if manifest_scram.json is: without it Scram tells its name", async () => {
		const options = { username: "user", password: "pencil" };
		for (const without of [await load("board"), await load("board", "tls")])
			expect(() => new Scram({ ...without, ...options })).toThrow("manifest_scram.json");
		const network = await load("board", "scram");
		expect(network.streams).toEqual({ tls: undefined, webSocket: undefined });
		expect(() => new Scram({ ...network, ...options })).not.toThrow();
	});

	test.each(["SHA1", "SHA256"] as const)(
		"HMAC with %s is that of RFC 2104, for short and long keys",
		async (name) => {
			const { hmac, digest } = await digests();
			for (const length of [1, 63, 64, 65, 200]) {
				const [key, text] = [randomBytes(length), randomBytes(length)];
				const before = Buffer.from(key);
				const result = new Uint8Array(name === "SHA1" ? 20 : 32);
				const keyed = new hmac(name, key);
				// One key, many texts; the result may be the text.
				for (const bytes of [text, key, result]) {
					const wanted = createHmac(name, key).update(bytes).digest("hex");
					keyed.sign(bytes, result);
					expect(Buffer.from(result).toString("hex")).toBe(wanted);
				}
				expect(key).toEqual(before);
				expect(Buffer.from(digest(name, text)).toString("hex")).toBe(
					createHash(name).update(text).digest("hex"),
				);
			}
		},
	);

	test.each([
		["SHA1", 20],
		["SHA256", 32],
	] as const)("iterated, %s is PBKDF2, in slices of any size", async (name, size) => {
		const { hmac } = await digests();
		const [password, salt] = [randomBytes(9), randomBytes(16)];
		const keyed = new hmac(name, password);
		const link = new Uint8Array(size);
		keyed.sign(Buffer.concat([salt, Buffer.from([0, 0, 0, 1])]), link);
		const sum = link.slice();
		for (const count of [0, 1, 98, 300]) keyed.iterate(link, sum, count);
		expect(Buffer.from(sum)).toEqual(pbkdf2Sync(password, salt, 400, size, name));
	});

	test("random numbers have 32 bits", async () => {
		const { random } = await digests();
		const numbers = Array.from({ length: 200 }, random);
		for (const number of numbers) expect(number).toBe(number | 0);
		expect(numbers.reduce((bits, number) => bits | number, 0)).toBe(-1);
		expect(numbers.reduce((bits, number) => bits & number, -1)).toBe(0);
	});

	test('"xs-mqtt/scram" there is what it is elsewhere', async () => {
		jest.resetModules();
		const elsewhere = await provide("xs-mqtt/authentication/index", "src/authentication/index");
		const name = "scram";
		expect({ ...(await import(`../../hosts/moddable/${name}.js`)) }).toEqual({ ...elsewhere });
		const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
		expect(exports["./scram"]).toEqual({
			types: "./build/src/authentication/index.d.ts",
			moddable: "./hosts/moddable/mcpack/scram/index.js",
			default: "./build/src/authentication/index.js",
		});
		for (const path of Object.values<string>(exports["./scram"]).filter(
			(path) => !path.startsWith("./build/"),
		))
			expect(existsSync(path)).toBe(true);
	});
});

test("the clock is set in whole seconds", async () => {
	(await load("board")).setClock!(1_800_000_000_600);
	expect(clock).toEqual([1_800_000_001]);
});

test('"xs-mqtt" there is what it is elsewhere', async () => {
	jest.resetModules();
	const elsewhere = await import("../../src/index.js");
	for (const path of ["client", "connection/dialer", "connection/reasons", "wire/reason", "wire/topic"]) {
		const part = await import(`../../src/${path}.ts`);
		jest.unstable_mockModule(`xs-mqtt/${path}`, () => part, { virtual: true });
	}
	const name = "xs-mqtt";
	const there = await import(`../../hosts/moddable/${name}.js`);
	expect(Object.keys(there).sort()).toEqual(Object.keys(elsewhere).sort());
	expect(there.Client).toBe(elsewhere.Client);
});

test.each<Part>(["tls", "websocket"])('"xs-mqtt/%s" there is what it is elsewhere', async (part) => {
	jest.resetModules();
	const elsewhere = await import(`../../src/transport/${part}/index.ts`);
	await provide(`xs-mqtt/transport/${part}/reasons`, `src/transport/${part}/reasons`);
	const there = await import(`../../hosts/moddable/${part}.js`);
	expect(Object.keys(there).sort()).toEqual(Object.keys(elsewhere).sort());
	for (const name of Object.keys(there)) expect(there[name]).toBe(elsewhere[name]);
	const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
	expect(exports[`./${part}`]).toEqual({
		types: `./build/src/transport/${part}/index.d.ts`,
		moddable: `./hosts/moddable/mcpack/${part}/index.js`,
		default: `./build/src/transport/${part}/index.js`,
	});
	expect(existsSync(exports[`./${part}`].moddable)).toBe(true);
});
