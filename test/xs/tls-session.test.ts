// The TLS session of the desktop host against openssl's own server: the shape and the manners of the SDK's `ssl/session`.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { Authority, type Issued } from "../support/authority.js";
import { FIRST, start } from "../support/board.js";
import { endLater } from "../support/brokers.js";
import type { SessionConfig } from "./firmware/tls-session.js";

interface Heard {
	event: string;
	[detail: string]: unknown;
}

let authority: Authority;
let server: Issued;

beforeAll(() => {
	authority = new Authority();
	server = authority.issue();
});
afterAll(() => authority.remove());

/** `openssl s_server`, its port and what it says. */
async function serve(...options: string[]) {
	const port = await new Promise<number>((found) => {
		const probe = createServer().listen(0, "127.0.0.1", () => {
			const { port } = probe.address() as { port: number };
			probe.close(() => found(port));
		});
	});
	const child = spawn(
		"openssl",
		["s_server", "-accept", `127.0.0.1:${port}`, "-cert", server.file, "-key", server.keyFile, ...options],
		{ stdio: ["pipe", "pipe", "pipe"] },
	);
	endLater(() => void child.kill());
	let said = "";
	child.stderr.on("data", (text) => {
		said += text;
	});
	await new Promise<void>((ready) => {
		child.stdout.on("data", (text) => {
			said += text;
			if (said.includes("ACCEPT")) ready();
		});
	});
	return { port, child, said: () => said };
}

async function connect(config: SessionConfig) {
	const device = await start<Heard>({ firmware: "test/xs/firmware/tls-session", config: { ...config } });
	const until = async (event: string): Promise<Heard[]> => {
		const all: Heard[] = [];
		for (;;) {
			const heard = await device.next();
			all.push(heard);
			if (heard.event === event) return all;
		}
	};
	return { device, until };
}

test(
	"a handshake: the certificate is shown before our flight leaves, each record is a write of its own",
	async () => {
		const { port } = await serve("-rev");
		const { until } = await connect({ port, serverName: "localhost", text: "hello\n", trust: true });
		const heard = await until("read");
		expect(heard).toEqual([
			{ event: "written", type: 22, length: expect.any(Number) },
			{ event: "verify", lengths: [server.der.length], leaf: Array.from(server.der) },
			{ event: "written", type: 22, length: expect.any(Number) }, // ClientKeyExchange
			{ event: "written", type: 20, length: 6 },
			{ event: "written", type: 22, length: expect.any(Number) }, // Finished
			{ event: "ready", alert: null },
			{ event: "written", type: 23, length: expect.any(Number) },
			{ event: "room", room: expect.any(Number) },
			{ event: "read", text: "olleh\n" },
		]);
	},
	FIRST,
);
