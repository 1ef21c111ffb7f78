// An SDK that is not there: its mcconfig tells all it knows, secrets too, and makes what a build would make; its simulator
// logs a line and closes.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What mcconfig was called with. */
export interface Call {
	args: string[];
	/** Of the manifest that it was given. */
	manifest: { include: string[]; config: Record<string, unknown> };
	manifestMode: number;
}

const MCCONFIG = `
const { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { basename, dirname, join } = require("node:path");
const args = process.argv.slice(2);
const path = args.at(-1);
const manifest = JSON.parse(readFileSync(path, "utf8"));
const after = (option) => args[args.indexOf(option) + 1];
writeFileSync(process.env.FAKE_CALL, JSON.stringify({ args, manifest, manifestMode: statSync(path).mode & 0o777 }));
console.log("# mcconfig", JSON.stringify(manifest));
for (const [key, value] of Object.entries(manifest.config)) console.error(key + "=" + value + "\\x1b[2J");
if (process.env.FAKE_HANG) setInterval(() => {}, 1000);
else if (process.env.FAKE_FAIL) { console.error("main.ts:1: error: no semicolon"); process.exitCode = 3; }
else {
	const platform = after("-p");
	const folder = join(after("-o"), "bin", platform === "lin" ? "lin/mc" : platform, "debug", basename(dirname(path)));
	mkdirSync(folder, { recursive: true });
	const file = platform === "lin" ? "mc.so" : platform.startsWith("esp32") ? "xs_esp32.bin" : "main.bin";
	if (process.env.FAKE_ELF) {
		const temporary = folder.replace("/bin/esp/", "/tmp/esp/");
		mkdirSync(temporary, { recursive: true });
		copyFileSync(process.env.FAKE_ELF, join(temporary, "main.elf"));
	}
	if (process.env.FAKE_PRODUCT) copyFileSync(process.env.FAKE_PRODUCT, join(folder, file));
	else if (!process.env.FAKE_NOTHING) writeFileSync(join(folder, file), JSON.stringify(manifest.config));
}
`;

const MCSIM = `
const { connect } = require("node:net");
const { readFileSync } = require("node:fs");
console.error("Gtk-WARNING: nothing of interest");
const socket = connect(Number(process.env.XSBUG_PORT), process.env.XSBUG_HOST);
socket.write('<xsbug><login name="app" value="XS"/></xsbug>\\r\\n');
socket.once("data", () => {
	socket.write("<xsbug><log>the app says " + readFileSync(process.argv[3], "utf8").length + " bytes&#10;</log></xsbug>\\r\\n");
	if (process.env.FAKE_CRASH) socket.end(() => { console.error("segmentation fault"); process.exit(139); });
	else if (!process.env.FAKE_STAY) socket.end();
});
`;

export class FakeSdk {
	readonly folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	readonly #call = join(this.folder, "call.json");

	constructor() {
		this.#program("sdk/build/bin/lin/release/mcconfig", MCCONFIG);
		this.#program("sdk/build/bin/lin/release/mcsim", MCSIM);
		this.write("sdk/tools/mcconfig.js", "");
		this.write("idf/export.sh", "");
		mkdirSync(join(this.folder, "esp/ESP8266_RTOS_SDK"), { recursive: true });
		this.write("app/manifest.json", "{}");
	}

	/** For a process that uses it. */
	get environment(): Record<string, string | undefined> {
		return {
			PATH: process.env.PATH,
			HOME: this.folder,
			XDG_CACHE_HOME: join(this.folder, "cache"),
			MODDABLE: join(this.folder, "sdk"),
			IDF_PATH: join(this.folder, "idf"),
			DISPLAY: ":0",
			FAKE_CALL: this.#call,
		};
	}

	get app(): string {
		return join(this.folder, "app");
	}

	/** The last call of mcconfig. */
	get call(): Call {
		return JSON.parse(readFileSync(this.#call, "utf8"));
	}

	write(name: string, text: string, mode = 0o644): string {
		const path = join(this.folder, name);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
		chmodSync(path, mode);
		return path;
	}

	writeBytes(name: string, bytes: Uint8Array): void {
		writeFileSync(join(this.folder, name), bytes);
	}

	remove(): void {
		rmSync(this.folder, { recursive: true });
	}

	#program(name: string, code: string): void {
		const script = this.write(`${name}.cjs`, code);
		this.write(name, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, 0o755);
	}
}
