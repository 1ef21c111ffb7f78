// Handshakes of TLS 1.2 as they really go over the line: between openssl's server and openssl's client, taken down by a proxy.

import { spawn } from "node:child_process";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Issued } from "../authority.js";

export interface Recorded {
	/** What each end has sent in its turns: ClientHello, then the flight; the broker's flight, then the end and an echo. */
	client: Buffer[];
	server: Buffer[];
}

export interface Wanted {
	server: Issued;
	/** Issuers that the server sends. */
	chain?: string;
	/** As openssl names them. */
	cipher: string;
	/** Bytes: the client asks for shorter records. */
	fragment?: 512 | 1024 | 2048 | 4096;
	/** The client's; the server asks for it. */
	client?: Issued;
	/** The server asks, and the client has none. */
	request?: boolean;
	/** PEM file with the parameters of DHE. */
	parameters?: string;
}

const listening = (server: ReturnType<typeof createServer>) =>
	new Promise<number>((found) =>
		server.listen(0, "127.0.0.1", () => found((server.address() as AddressInfo).port)),
	);

async function freePort(): Promise<number> {
	const probe = createServer();
	const port = await listening(probe);
	await new Promise((closed) => probe.close(closed));
	return port;
}

/** A port, and what has passed. */
async function listen(broker: number): Promise<{ port: number; recorded: Recorded; close(): void }> {
	const recorded: Recorded = { client: [], server: [] };
	const sockets: Socket[] = [];
	let last: keyof Recorded | undefined;
	const note = (who: keyof Recorded, bytes: Buffer) => {
		const all = recorded[who];
		if (last === who) all[all.length - 1] = Buffer.concat([all[all.length - 1], bytes]);
		else all.push(bytes);
		last = who;
	};
	const server = createServer((socket) => {
		const other = connect(broker, "127.0.0.1");
		sockets.push(socket, other);
		for (const each of [socket, other]) each.on("error", () => {});
		socket.on("data", (bytes) => {
			note("client", bytes);
			other.write(bytes);
		});
		other.on("data", (bytes) => {
			note("server", bytes);
			socket.write(bytes);
		});
		socket.on("close", () => other.destroy());
		other.on("close", () => socket.destroy());
	});
	const port = await listening(server);
	return {
		port,
		recorded,
		close() {
			server.close();
			for (const each of sockets) each.destroy();
		},
	};
}

/** A handshake, a line of text to the server, and the same text back to front. */
export async function record(wanted: Wanted): Promise<Recorded> {
	const broker = await freePort();
	const child = spawn(
		"openssl",
		[
			"s_server",
			...["-accept", `127.0.0.1:${broker}`, "-cert", wanted.server.file, "-key", wanted.server.keyFile],
			...["-tls1_2", "-cipher", `${wanted.cipher}:@SECLEVEL=0`, "-no_ticket", "-rev"],
			...(wanted.chain === undefined ? [] : ["-cert_chain", wanted.chain]),
			...(wanted.client !== undefined || wanted.request ? ["-verify", "3"] : []),
			...(wanted.parameters === undefined ? [] : ["-dhparam", wanted.parameters]),
		],
		{ stdio: ["pipe", "pipe", "ignore"] },
	);
	try {
		await new Promise<void>((ready, failed) => {
			let said = "";
			child.stdout.on("data", (text) => {
				said += text;
				if (said.includes("ACCEPT")) ready();
			});
			child.on("exit", () => failed(new Error(`openssl s_server did not start: ${said}`)));
		});
		const line = await listen(broker);
		const visitor = spawn(
			"openssl",
			[
				"s_client",
				...["-connect", `127.0.0.1:${line.port}`, "-tls1_2", "-cipher", `${wanted.cipher}:@SECLEVEL=0`],
				...["-curves", "P-256", "-sigalgs", "ECDSA+SHA256:RSA+SHA256", "-quiet", "-no_ign_eof"],
				...(wanted.fragment === undefined ? [] : ["-maxfraglen", `${wanted.fragment}`]),
				...(wanted.client === undefined ? [] : ["-cert", wanted.client.file, "-key", wanted.client.keyFile]),
			],
			{ stdio: ["pipe", "pipe", "ignore"] },
		);
		try {
			visitor.stdin.write("abc\n");
			await new Promise<void>((heard, failed) => {
				let said = "";
				visitor.stdout.on("data", (text) => {
					said += text;
					if (said.includes("cba")) heard();
				});
				visitor.on("exit", () => failed(new Error(`openssl s_client has ended: ${said}`)));
			});
			return line.recorded;
		} finally {
			visitor.kill();
			line.close();
		}
	} finally {
		child.kill();
	}
}
