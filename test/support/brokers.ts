// Real brokers on 127.0.0.1, an independent client (mqtt.js) as the judge on their other side, and a cable between.
// All that is started here ends after the test, or, when it was started in beforeAll, after the file.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { connect as connectMqtt, type IClientOptions, type MqttClient } from "mqtt";

const MISSING = "Mosquitto is missing: apt-get install mosquitto";
/** Where Debian keeps mosquitto, which is in the PATH of root only. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

/** Things that come, and those who wait for one of them. */
export class Inbox<T> {
	/** All that came, in order. */
	readonly all: T[] = [];
	private waiting: (() => void)[] = [];

	push(item: T): void {
		this.all.push(item);
		for (const wake of this.waiting.splice(0)) wake();
	}

	/** The first that fits, whether it came already or is still to come. */
	async find(fits: (item: T) => boolean): Promise<T> {
		for (;;) {
			const found = this.all.find(fits);
			if (found !== undefined) return found;
			await new Promise<void>((wake) => this.waiting.push(wake));
		}
	}

	/** Waits until so many fit. */
	async atLeast(count: number, fits: (item: T) => boolean = () => true): Promise<T[]> {
		for (;;) {
			const found = this.all.filter(fits);
			if (found.length >= count) return found;
			await new Promise<void>((wake) => this.waiting.push(wake));
		}
	}
}

/** A PUBLISH as the broker read it. */
export interface Arrival {
	clientId: string;
	topic: string;
	/** Packet identifier, 0 at QoS 0. */
	id: number;
	qos: number;
	dup: boolean;
}

/** An end of a connection as the broker saw it. */
export interface Leave {
	clientId: string;
	/** With a DISCONNECT before. */
	orderly: boolean;
}

export interface Broker {
	readonly port: number;
	readonly arrivals: Inbox<Arrival>;
	readonly leaves: Inbox<Leave>;
	stop(): Promise<void>;
}

export interface BrokerOptions {
	/** User names with their passwords; without, everybody may come. */
	users?: Record<string, string>;
}

export interface MosquittoOptions extends BrokerOptions {
	/** More lines of mosquitto.conf. */
	settings?: string[];
	/** What its OpenSSL has as a system's default, a line each ("MaxProtocol = TLSv1.2"). */
	openssl?: string[];
}

/** What is to be ended, last started first. */
const open: (() => Promise<void>)[] = [];
let inTest = false;
let before = 0;

async function endFrom(index: number): Promise<void> {
	while (open.length > index) await open.pop()!();
}
beforeEach(() => {
	inTest = true;
	before = open.length;
});
afterEach(async () => {
	if (inTest) await endFrom(before);
	inTest = false;
});
afterAll(() => endFrom(0));

/** Has something ended after the test, or after the file. */
export function endLater(end: () => Promise<void> | void): void {
	open.push(async () => end());
}

// ---- brokers

export async function startAedes({ users }: BrokerOptions = {}): Promise<Broker> {
	const arrivals = new Inbox<Arrival>();
	const leaves = new Inbox<Leave>();
	const aedes = await Aedes.createBroker({
		authenticate(_client, name, password, done) {
			if (users === undefined || (name !== undefined && users[name] === password?.toString()))
				done(null, true);
			else done(Object.assign(new Error("no"), { returnCode: 4 }), false);
		},
		authorizePublish(client, packet, done) {
			if (client !== null) {
				const { topic, qos, dup, messageId = 0 } = packet as typeof packet & { messageId?: number };
				arrivals.push({ clientId: client.id, topic, qos, dup, id: messageId });
			}
			done(null);
		},
	});
	const orderly = new Set<string>();
	// aedes has no event for DISCONNECT.
	aedes.on("client", (client) => {
		(client as unknown as { _parser: NodeJS.EventEmitter })._parser.on(
			"packet",
			(packet: { cmd: string }) => {
				if (packet.cmd === "disconnect") orderly.add(client.id);
			},
		);
	});
	aedes.on("clientDisconnect", ({ id }) => leaves.push({ clientId: id, orderly: orderly.delete(id) }));
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		aedes.handle(socket);
	});
	const port = await listen(server);
	const stop = async () => {
		for (const socket of sockets) socket.destroy();
		await new Promise((closed) => server.close(closed));
		await new Promise<void>((closed) => aedes.close(() => closed()));
	};
	endLater(stop);
	return { port, arrivals, leaves, stop };
}

export class Mosquitto implements Broker {
	readonly arrivals = new Inbox<Arrival>();
	readonly leaves = new Inbox<Leave>();
	/** Clients whose CONNECT it has taken, by their identifiers. */
	readonly comers = new Inbox<string>();
	/** Clients whose PUBACK it has taken, by their identifiers. */
	readonly acknowledgements = new Inbox<string>();
	/** What the plugin for SCRAM says. */
	readonly scram = new Inbox<string>();
	readonly port: number;
	private readonly folder: string;
	private readonly environment: NodeJS.ProcessEnv;
	private process: ChildProcess | undefined;
	private log = "";
	private running = false;

	/** Use startMosquitto. */
	constructor(port: number, { users, settings = [], openssl }: MosquittoOptions) {
		this.port = port;
		this.folder = mkdtempSync(join(tmpdir(), "xs-mqtt-mosquitto-"));
		this.environment = env;
		if (openssl !== undefined) {
			const path = join(this.folder, "openssl.cnf");
			const lines = ["openssl_conf = all", "[all]", "ssl_conf = ssl", "[ssl]", "system_default = it", "[it]"];
			writeFileSync(path, [...lines, ...openssl, ""].join("\n"));
			this.environment = { ...env, OPENSSL_CONF: path };
		}
		const passwords = join(this.folder, "passwords");
		writeFileSync(
			join(this.folder, "mosquitto.conf"),
			[
				`listener ${port} 127.0.0.1`,
				users === undefined ? "allow_anonymous true" : `password_file ${passwords}`,
				// Else it changes from root to a user who may not write here.
				`user ${userInfo().username}`,
				"persistence true",
				`persistence_location ${this.folder}/`,
				"set_tcp_nodelay true",
				"log_dest stderr",
				"log_type all",
				"connection_messages true",
				...settings,
			].join("\n"),
		);
		if (users === undefined) return;
		writeFileSync(passwords, "", { mode: 0o600 });
		for (const [name, password] of Object.entries(users)) {
			const { error, status, stderr } = spawnSync("mosquitto_passwd", ["-b", passwords, name, password], {
				env,
				encoding: "utf8",
			});
			if (error) throw new Error(MISSING);
			if (status !== 0) throw new Error(`mosquitto_passwd: ${stderr}`);
		}
	}

	async start(): Promise<void> {
		this.log = "";
		this.running = false;
		const child = spawn("mosquitto", ["-c", join(this.folder, "mosquitto.conf")], {
			env: this.environment,
			stdio: ["ignore", "ignore", "pipe"],
		});
		this.process = child;
		let failure: Error | undefined;
		child.on("error", (error: NodeJS.ErrnoException) => {
			failure = error.code === "ENOENT" ? new Error(MISSING) : error;
		});
		child.on("exit", () => {
			failure ??= new Error(`Mosquitto ended:\n${this.log}`);
		});
		let rest = "";
		child.stderr!.setEncoding("utf8").on("data", (text: string) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop()!;
			for (const line of lines) this.hear(line);
		});
		// That somebody answers at the port would not do: it may be another one.
		while (!this.running) {
			if (failure !== undefined) throw failure;
			await new Promise((wake) => setTimeout(wake, 10));
		}
	}

	/**
	 * SIGTERM: it saves what it holds. SIGKILL: it has no time to. Resolves when it is gone; rejects when it had no time
	 * though it should have.
	 */
	async halt(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.process;
		this.process = undefined;
		if (child?.pid === undefined) return;
		if (child.exitCode === null && child.signalCode === null) {
			const gone = new Promise((exit) => child.once("close", exit));
			child.kill(signal);
			const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
			await gone;
			clearTimeout(timer);
		}
		if (signal === "SIGTERM" && child.exitCode !== 0)
			throw new Error(`Mosquitto ended with ${child.signalCode ?? child.exitCode}:\n${this.log}`);
	}

	async stop(): Promise<void> {
		try {
			await this.halt();
		} finally {
			this.remove();
		}
	}

	/** What it has written. */
	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	private hear(line: string): void {
		this.log = `${this.log}${line}\n`.slice(-4000);
		if (/: mosquitto version \S+ running$/.test(line)) this.running = true;
		const scram = /^SCRAM: (.*)$/.exec(line);
		if (scram !== null) this.scram.push(scram[1]);
		const publish = /Received PUBLISH from (\S+) \(d(\d), q(\d), r\d, m(\d+), '(.*)', /.exec(line);
		if (publish !== null) {
			const [, clientId, dup, qos, id, topic] = publish;
			this.arrivals.push({ clientId, topic, qos: Number(qos), id: Number(id), dup: dup === "1" });
		}
		const puback = /Received PUBACK from (\S+) /.exec(line);
		if (puback !== null) this.acknowledgements.push(puback[1]);
		const comer = /: New client connected from \S+ as (\S+) /.exec(line);
		if (comer !== null) this.comers.push(comer[1]);
		const leave =
			/Client (\S+) (disconnected\.$|disconnected|been disconnected|closed|has exceeded|already connected)/.exec(
				line,
			) ??
			/(?:Socket error on client|Bad socket read.write on client) ([^\s,:]+)(, disconnecting|:)/.exec(line);
		if (leave !== null) this.leaves.push({ clientId: leave[1], orderly: leave[2] === "disconnected." });
	}
}

/** Started and running, with persistence. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
	for (;;) {
		const broker = new Mosquitto(await freePort(), options);
		try {
			await broker.start();
			endLater(() => broker.stop());
			return broker;
		} catch (error) {
			broker.remove();
			if (!(error as Error).message.includes("Address already in use")) throw error;
		}
	}
}

export const BROKERS: [string, (options?: BrokerOptions) => Promise<Broker>][] = [
	["aedes", startAedes],
	["Mosquitto", startMosquitto],
];

// ---- the judge

export interface Seen {
	topic: string;
	payload: string;
	bytes: Buffer;
	qos: number;
	retain: boolean;
	dup: boolean;
}

export class Judge extends Inbox<Seen> {
	readonly mqtt: MqttClient;
	private readonly barrier = `barrier/${unique("judge")}`;
	private passed = 0;

	constructor(port: number, options: IClientOptions) {
		super();
		this.mqtt = connectMqtt(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 50, ...options });
		this.mqtt.on("error", () => {});
		this.mqtt.on("message", (topic, bytes, { qos, retain, dup }) =>
			this.push({ topic, payload: bytes.toString(), bytes, qos, retain, dup }),
		);
	}

	/** What was seen on a topic, or all but barriers. */
	on(topic?: string): Seen[] {
		return this.all.filter((seen) =>
			topic === undefined ? seen.topic !== this.barrier : seen.topic === topic,
		);
	}

	payloads(topic: string): string[] {
		return this.on(topic).map((seen) => seen.payload);
	}

	async subscribe(...filters: string[]): Promise<this> {
		await this.mqtt.subscribeAsync([...filters, this.barrier], { qos: 1 });
		return this;
	}

	publish(topic: string, payload: string | Buffer, qos: 0 | 1 = 1, retain = false) {
		return this.mqtt.publishAsync(topic, payload, { qos, retain });
	}

	/** When this resolves, all that the broker had for us when it was called has been seen. */
	async settled(): Promise<void> {
		const payload = String(++this.passed);
		await this.publish(this.barrier, payload);
		await this.find((seen) => seen.topic === this.barrier && seen.payload === payload);
	}
}

/** An independent client of the broker, connected. */
export async function judge(port: number, options: IClientOptions = {}): Promise<Judge> {
	const judge = new Judge(port, options);
	endLater(() => judge.mqtt.endAsync(true));
	await new Promise<void>((connected) => judge.mqtt.once("connect", () => connected()));
	return judge;
}

// ---- the cable

/** A TCP connection's way to the broker, which can be held up or cut through. */
export class Cable {
	readonly port: number;
	private readonly sockets: Set<Socket>;
	private frozen = false;

	private constructor(port: number, sockets: Set<Socket>) {
		this.port = port;
		this.sockets = sockets;
	}

	static async to(target: number): Promise<Cable> {
		const sockets = new Set<Socket>();
		const server = createServer({ allowHalfOpen: false }, (near) => {
			const far = connect(target, "127.0.0.1");
			for (const [from, into] of [
				[near, far],
				[far, near],
			]) {
				sockets.add(from);
				from.setNoDelay(true);
				from.on("data", (bytes) => into.write(bytes));
				from.on("error", () => {});
				from.on("close", () => {
					sockets.delete(from);
					// The end of a connection is news too.
					if (!cable.frozen) into.destroy();
				});
				if (cable.frozen) from.pause();
			}
		});
		const cable = new Cable(await listen(server), sockets);
		endLater(async () => {
			cable.cut();
			await new Promise((closed) => server.close(closed));
		});
		return cable;
	}

	/** Nothing passes either way, and nobody is told. */
	freeze(): void {
		this.frozen = true;
		for (const socket of this.sockets) socket.pause();
	}

	restore(): void {
		this.frozen = false;
		for (const socket of this.sockets) socket.resume();
	}

	/** All connections are torn. */
	cut(): void {
		for (const socket of this.sockets) socket.resetAndDestroy();
	}
}

/** A way to `target` on which so many bytes a second pass, each way; its port. */
export async function slowLine(target: number, bytesPerSecond: number): Promise<number> {
	const TICK = 25;
	const most = Math.ceil((bytesPerSecond * TICK) / 1000);
	const sockets = new Set<Socket>();
	const server = createServer((near) => {
		const far = connect(target, "127.0.0.1");
		for (const [from, into] of [
			[near, far],
			[far, near],
		]) {
			sockets.add(from);
			from.setNoDelay(true);
			from.pause();
			const pump = setInterval(() => {
				const bytes = from.read(Math.min(most, from.readableLength)) as Buffer | null;
				if (bytes !== null) into.write(bytes);
			}, TICK);
			// Without it nothing is read into what readableLength counts.
			from.on("readable", () => {});
			from.on("error", () => {});
			from.on("close", () => {
				clearInterval(pump);
				sockets.delete(from);
				into.destroy();
			});
		}
	});
	const port = await listen(server);
	endLater(async () => {
		for (const socket of sockets) socket.destroy();
		await new Promise((closed) => server.close(closed));
	});
	return port;
}

// ---- small things

let count = 0;

/** A name that nothing else has, for client identifiers and topics: brokers are shared by the tests of a file. */
export function unique(name: string): string {
	return `${name}-${process.pid}-${++count}`;
}

function listen(server: Server): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
	});
}

/** Each of jest's processes has its own 1,500 ports, below those that connections are given. */
const OWN_PORTS = 20_000 + ((Number(process.env.JEST_WORKER_ID ?? 1) - 1) % 8) * 1500;
let lastPort = OWN_PORTS + Math.floor(Math.random() * 1000);

/** A port that nothing listens on, and that nobody else takes while the broker starts, or is halted. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = ++lastPort;
		if (!(await answers(port))) return port;
	}
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
