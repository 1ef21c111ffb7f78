// Brokers behind WebSocket on 127.0.0.1: Mosquitto's own, aedes behind the package ws, and nginx in front of Mosquitto.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { createWebSocketStream, type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { Issued } from "./authority.js";
import { endLater, freePort, startMosquitto } from "./brokers.js";

export interface WebBroker {
	/** For WebSocket. */
	port: number;
	/** Without it, for others. */
	plain: number;
}

/** Mosquitto 2.0.11 serves no WebSocket without a plain listener. */
export async function startMosquittoWeb(settings: string[] = []): Promise<WebBroker> {
	const port = await freePort();
	const broker = await startMosquitto({
		settings: [
			"per_listener_settings false",
			`listener ${port} 127.0.0.1`,
			"protocol websockets",
			...settings,
		],
	});
	return { port, plain: broker.port };
}

export interface AedesWeb extends WebBroker {
	/** The WebSockets, in order. */
	sockets: WebSocket[];
	/** The headers of each request. */
	requests: Record<string, string | string[] | undefined>[];
}

/** ws offers compression, and refuses paths other than /mqtt with status 400. */
export async function startAedesWeb(options: ServerOptions = {}): Promise<AedesWeb> {
	const aedes = await Aedes.createBroker();
	const sockets: WebSocket[] = [];
	const requests: AedesWeb["requests"] = [];
	const web = new WebSocketServer({
		host: "127.0.0.1",
		port: 0,
		path: "/mqtt",
		perMessageDeflate: true,
		handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
		...options,
	});
	web.on("connection", (socket, request) => {
		sockets.push(socket);
		requests.push(request.headers);
		const stream = createWebSocketStream(socket);
		stream.on("error", () => {});
		aedes.handle(stream as never);
	});
	const server = createServer((socket) => void aedes.handle(socket));
	await new Promise<void>((listening) => web.once("listening", listening));
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	endLater(async () => {
		for (const socket of sockets) socket.terminate();
		server.close();
		web.close();
		await new Promise<void>((closed) => aedes.close(() => closed()));
	});
	return {
		port: (web.address() as AddressInfo).port,
		plain: (server.address() as AddressInfo).port,
		sockets,
		requests,
	};
}

/** nginx, with TLS when there is a certificate: /mqtt leads to `broker`, /gone to nobody, /moved elsewhere. */
export async function startNginx(broker: number, certificate?: Issued): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-nginx-"));
	const port = await freePort();
	const own = ["body", "proxy", "fastcgi", "uwsgi", "scgi"];
	const directive = (name: string) => (name === "body" ? "client_body_temp_path" : `${name}_temp_path`);
	const secure =
		certificate === undefined
			? ""
			: `ssl_certificate ${certificate.file}; ssl_certificate_key ${certificate.keyFile};`;
	writeFileSync(
		join(folder, "nginx.conf"),
		`daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
events {}
http {
	access_log off;
	${own.map((name) => `${directive(name)} ${folder}/${name};`).join("\n\t")}
	server {
		listen 127.0.0.1:${port}${certificate === undefined ? "" : " ssl"};
		${secure}
		location /mqtt {
			proxy_pass http://127.0.0.1:${broker};
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_set_header Host $host;
		}
		location /gone { proxy_pass http://127.0.0.1:1; }
		location /moved { return 301 /mqtt; }
		location /secret { return 401; }
	}
}
`,
	);
	const child = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], {
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
		stdio: ["ignore", "ignore", "pipe"],
	});
	let log = "";
	let failure: Error | undefined;
	child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
	child.on("error", () => {
		failure = new Error("nginx is missing: apt-get install nginx-light");
	});
	child.on("exit", (status) => {
		failure ??= new Error(`nginx ended with ${status}:\n${log}`);
	});
	endLater(async () => {
		await end(child);
		rmSync(folder, { recursive: true, force: true });
	});
	while (!(await answers(port))) {
		if (failure !== undefined) throw failure;
		await new Promise((wake) => setTimeout(wake, 10));
	}
	return port;
}

async function end(child: ChildProcess): Promise<void> {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	const gone = new Promise((exit) => child.once("close", exit));
	child.kill("SIGTERM");
	await gone;
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.on("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}
