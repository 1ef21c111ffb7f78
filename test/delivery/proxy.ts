// A TCP proxy between boards and a broker: it records every packet, as mqtt-packet reads it, and does to the bytes what
// networks do. Knows TCP and the log. Must not know who is right.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import mqtt, { type IPublishPacket, type Packet, type Parser } from "mqtt-packet";
import { type Entry, Log, type Side } from "./log.js";
import { Unframed } from "./unframed.js";

/** How bytes pass: `most` at a time, each time after `wait` milliseconds, until `bytes` of them have passed. */
export interface Pace {
	most: number;
	wait: number;
	bytes: number;
}

/** What becomes of a connection after so many more bytes of one side have passed. */
export interface Strike {
	from: Side;
	bytes: number;
	how: Blow;
}

export type Blow =
	/** It ends on both sides, with FIN, or with RST. */
	| "close"
	| "reset"
	/** Nothing passes, and nobody is told. What the sides write meanwhile is lost with the connection. */
	| "freeze"
	/** As "freeze"; what the board wrote reaches the broker when the board has given up. */
	| "late"
	/** As "freeze", for a moment only. */
	| "pause"
	/** What this side writes is lost; what the other one writes passes. */
	| "mute"
	/** The broker's connection ends; the board is not told. */
	| "orphan";

const PAUSE = 150;

export class RecordingProxy {
	readonly port: number;
	readonly log = new Log();
	/** Undefined: bytes pass as they come. */
	pace: Pace | undefined;
	/** Hears of each packet of the board when it has come, and of each of the broker when it has gone on. */
	onEntry: (entry: Entry) => void = () => {};
	/** What is to be done; undefined again when it is. */
	plan: Strike | undefined;
	/** It has been done. */
	onStruck: () => void = () => {};
	private readonly links = new Set<Link>();
	private readonly server: Server;
	private count = 0;
	/** What passes is MQTT in frames. */
	readonly webSocket: boolean;
	/** The version that is spoken. */
	readonly version: 4 | 5;

	private constructor(server: Server, broker: number, webSocket: boolean, version: 4 | 5) {
		this.server = server;
		this.webSocket = webSocket;
		this.version = version;
		this.port = (server.address() as AddressInfo).port;
		server.on("connection", (near) => {
			const far = connect({ port: broker, host: "127.0.0.1", allowHalfOpen: true });
			const link = new Link(this, ++this.count, near, far);
			this.links.add(link);
			near.on("close", () => this.links.delete(link));
		});
	}

	/** Between boards and the broker at a port of 127.0.0.1. */
	static async to(broker: number, webSocket = false, version: 4 | 5 = 4): Promise<RecordingProxy> {
		const server = createServer({ allowHalfOpen: true });
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		return new RecordingProxy(server, broker, webSocket, version);
	}

	async stop(): Promise<void> {
		for (const link of this.links) link.destroy();
		await new Promise((closed) => this.server.close(closed));
	}
}

/** A connection of a board, and the one to the broker that goes with it. */
class Link {
	readonly number: number;
	private readonly near: Socket;
	private readonly far: Socket;
	private readonly up: Pipe;
	private readonly down: Pipe;
	/** Nothing passes any more. */
	private over = false;
	private frozen = false;
	private late = false;
	/** What the broker allows (MQTT 5.0, section 3.2.2.3.8). */
	aliasMaximum = 0;

	constructor(proxy: RecordingProxy, number: number, near: Socket, far: Socket) {
		this.number = number;
		this.near = near;
		this.far = far;
		this.up = new Pipe(proxy, this, "board", near, far);
		this.down = new Pipe(proxy, this, "broker", far, near);
		let closed = false;
		near.on("end", () => {
			closed = near.writableEnded;
			if (this.over) near.end();
			else if (this.frozen) this.abandoned();
			else this.up.finish();
		});
		near.on("close", (failed) => {
			if (closed && !failed) proxy.log.closedAfterUs.add(number);
			if (this.over || !failed) return;
			if (this.frozen) this.abandoned();
			else this.up.finish();
		});
		far.on("end", () => {
			if (!this.over && !this.frozen) this.down.finish();
		});
		far.on("close", () => {
			if (this.frozen) return;
			if (this.over) near.end();
			else this.down.finish();
		});
	}

	destroy(): void {
		this.over = true;
		this.near.destroy();
		this.far.destroy();
	}

	strike(from: Side, how: Blow): void {
		const { near, far, up, down } = this;
		if (how === "mute") (from === "board" ? up : down).dead = true;
		else if (how === "close" || how === "reset") {
			this.over = true;
			// RST after FIN ends boards with sockets of lin (SIGPIPE), as it ends the SDK's simulator.
			if (how === "close" || near.writableEnded) for (const socket of [near, far]) socket.end();
			else for (const socket of [near, far]) socket.resetAndDestroy();
		} else {
			this.frozen = true;
			this.late = how === "late";
			if (how === "orphan") far.destroy();
			if (how === "pause")
				setTimeout(() => {
					this.frozen = false;
					up.flow();
					down.flow();
				}, PAUSE);
		}
	}

	/** Whether bytes may pass now. */
	get passes(): boolean {
		return !this.over && !this.frozen;
	}

	/** The board has given up a frozen connection. The broker's end of it stays, until the broker gives it up too. */
	private abandoned(): void {
		this.near.end();
		this.frozen = false;
		this.over = !this.late;
		this.down.dead = true;
		if (this.late) this.up.finish();
	}
}

/** One direction of a connection. */
class Pipe {
	/** What is written into it is lost. */
	dead = false;
	private readonly proxy: RecordingProxy;
	private readonly link: Link;
	private readonly from: Side;
	private readonly into: Socket;
	private readonly parser: Parser;
	/** Topics that stand behind aliases in this direction (MQTT 5.0, section 3.3.2.3.4). */
	private readonly aliases = new Map<number, string>();
	/** Packets that came and have not gone on, each with the place in the stream where it ends. */
	private readonly entries: { entry: Entry; end: number }[] = [];
	private received = 0;
	private readonly unframed: Unframed | undefined;
	private passed = 0;
	private held = Buffer.alloc(0);
	private waiting = false;
	private finished = false;

	constructor(proxy: RecordingProxy, link: Link, from: Side, source: Socket, into: Socket) {
		this.proxy = proxy;
		this.link = link;
		this.from = from;
		this.into = into;
		this.parser = mqtt.parser({ protocolVersion: proxy.version });
		this.unframed = proxy.webSocket ? new Unframed(from === "board" ? "client" : "server") : undefined;
		this.parser.on("packet", (packet) => this.record(packet));
		this.parser.on("error", (error) => this.note(error));
		source.setNoDelay(true);
		source.on("error", () => {});
		source.on("data", (bytes) => {
			this.parse(bytes);
			if (this.dead) return;
			this.held = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
			this.flow();
		});
	}

	private parse(bytes: Buffer): void {
		if (this.unframed === undefined) this.parser.parse(bytes);
		else
			try {
				this.unframed.add(bytes, (byte) => this.parser.parse(byte));
			} catch (error) {
				this.note(error as Error);
			}
	}

	/** What broke a rule. */
	private note({ message: text }: Error): void {
		const { log } = this.proxy;
		log.malformed.push({ connection: this.link.number, from: this.from, at: log.place(), text });
	}

	/** Nothing more comes: the other side is told when all that is held has passed. */
	finish(): void {
		this.finished = true;
		this.flow();
	}

	/** Passes on what may pass now. */
	flow(): void {
		const { proxy, link } = this;
		while (!this.waiting && !this.dead && link.passes && this.held.length > 0) {
			const pace = proxy.pace;
			if (pace === undefined) this.pass(this.held.length);
			else {
				this.waiting = true;
				const pass = () => {
					this.waiting = false;
					if (this.dead || !link.passes) return;
					const count = this.pass(Math.min(pace.most, this.held.length));
					pace.bytes -= count;
					if (pace.bytes <= 0 && proxy.pace === pace) proxy.pace = undefined;
					this.flow();
				};
				if (pace.wait === 0) setImmediate(pass);
				else setTimeout(pass, pace.wait);
			}
		}
		if (this.finished && !this.waiting && !this.dead && link.passes) this.into.end();
	}

	/** Passes bytes on, up to where a strike is due. */
	private pass(count: number): number {
		const { proxy } = this;
		const plan = proxy.plan?.from === this.from ? proxy.plan : undefined;
		if (plan !== undefined) {
			count = Math.min(count, plan.bytes);
			plan.bytes -= count;
		}
		if (count > 0) this.into.write(this.held.subarray(0, count));
		this.held = this.held.subarray(count);
		this.passed += count;
		while (this.entries.length > 0 && this.entries[0].end <= this.passed) {
			const { entry } = this.entries.shift()!;
			entry.passed = proxy.log.place();
			if (this.from === "broker") proxy.onEntry(entry);
		}
		if (plan?.bytes === 0) {
			proxy.plan = undefined;
			this.link.strike(this.from, plan.how);
			proxy.onStruck();
		}
		return count;
	}

	private record(packet: Packet): void {
		const { log } = this.proxy;
		const { cmd, messageId: id = 0 } = packet;
		const { qos = 0, dup = false } = packet as { qos?: number; dup?: boolean };
		const { reasonCode: code = 0 } = packet as { reasonCode?: number };
		if (packet.cmd === "connack") this.link.aliasMaximum = packet.properties?.topicAliasMaximum ?? 0;
		const entry: Entry = {
			connection: this.link.number,
			from: this.from,
			cmd,
			id,
			qos,
			dup,
			topic: packet.cmd === "publish" ? this.topicOf(packet) : "",
			text: textOf(packet),
			code,
			receiveMaximum: packet.cmd === "connack" ? packet.properties?.receiveMaximum : undefined,
			received: log.place(),
			passed: Infinity,
		};
		log.entries.push(entry);
		this.received += packetLength(packet.length!);
		this.entries.push({ entry, end: this.unframed?.at ?? this.received });
		if (this.from === "board") this.proxy.onEntry(entry);
	}

	/** The topic that is meant, whether it is there or an alias stands for it. */
	private topicOf({ topic, properties }: IPublishPacket): string {
		const { topicAlias: alias, subscriptionIdentifier } = properties ?? {};
		if (this.from === "board" && subscriptionIdentifier !== undefined)
			this.note(new Error("a subscription identifier, in a PUBLISH (section 3.3.4)"));
		if (alias === undefined) {
			if (topic === "") this.note(new Error("neither topic nor alias"));
			return topic;
		}
		if (this.from === "board" && !(alias >= 1 && alias <= this.link.aliasMaximum))
			this.note(new Error(`alias ${alias}, of ${this.link.aliasMaximum} that the broker allows`));
		if (topic !== "") this.aliases.set(alias, topic);
		else if (!this.aliases.has(alias)) this.note(new Error(`alias ${alias}, which was not set`));
		return this.aliases.get(alias) ?? "";
	}
}

function textOf(packet: Packet): string {
	if (packet.cmd === "publish") return packet.payload.toString();
	if (packet.cmd === "connect") return packet.password?.toString() ?? "";
	if (packet.cmd !== "connack") return "";
	if ((packet.returnCode ?? packet.reasonCode) !== 0) return "refused";
	return packet.sessionPresent ? "session" : "none";
}

/** Bytes of a packet with that remaining length. */
function packetLength(remaining: number): number {
	return remaining + (remaining < 128 ? 2 : remaining < 16_384 ? 3 : 4);
}
