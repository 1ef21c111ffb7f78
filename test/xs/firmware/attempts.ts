// What an attempt to connect allocates, by the way in which it fails, and what the time in between does. Sockets,
// resolvers and Wi-Fi are one object each, made before: what is counted is ours, and one slot that `new` takes.

import * as engine from "desktop/engine";
import type { Network, Resolver } from "../../../src/connection/network.js";
import { Client, type ClientOptions, State } from "../../../src/index.js";
import { Wifi } from "../../../src/network/wifi.js";
import type { SocketOptions } from "../../../src/transport/tcp.js";
import { Heaps } from "./heap.js";

const ATTEMPTS = 1000;
const CASES = 6;

/** What a timer has left until it fires. */
interface Running {
	callback: () => void;
	interval: number;
	left: number;
}

let now = 0;
const timers: (Running | undefined)[] = [undefined, undefined];
let socketOptions: SocketOptions | undefined;
let socketFails = false;
let nameFails = false;
let wifiChanged = () => {};

const socket = { read: () => undefined, write: (view: Uint8Array) => 1000 - view.length, close() {} };
const resolver: Resolver = {
	resolve(request) {
		if (nameFails) request.onError(undefined);
		else request.onResolved(request.host, "127.0.0.1");
	},
	close() {},
};
const station = {
	connection: 200,
	address: undefined,
	SSID: undefined,
	RSSI: undefined,
	connect() {},
	disconnect() {},
	close() {},
};
const noSocket = new Error("no socket");

function TCP(options: SocketOptions) {
	if (socketFails) throw noSocket;
	socketOptions = options;
	(socket as { target?: unknown }).target = options.target;
	return socket;
}

function DNS() {
	return resolver;
}

function WiFi(options: { onChanged(): void }) {
	wifiChanged = options.onChanged;
	return station;
}

const network: Network = {
	socket: { io: TCP as never },
	dns: { io: DNS as never },
	timer: {
		repeat(callback, interval) {
			const id = timers.indexOf(undefined);
			timers[id] = { callback, interval, left: interval };
			return id;
		},
		schedule(id: number, delay: number, interval: number) {
			const timer = timers[id]!;
			timer.left = delay;
			timer.interval = interval;
		},
		clear(id: number) {
			timers[id] = undefined;
		},
	} as Network["timer"],
	ticks: () => now,
	id: "attempts",
};

/** 50 milliseconds pass. */
function pass(): void {
	now = (now + 50) | 0;
	for (let i = 0; i < timers.length; i++) {
		const timer = timers[i];
		if (timer === undefined) continue;
		timer.left -= 50;
		if (timer.left > 0) continue;
		timer.left = timer.interval;
		timer.callback();
	}
}

let attempts = 0;
const onDisconnected = () => {
	attempts++;
};
let chance = 0;
const random = () => chance;
const heaps = new Heaps(2 * CASES);
const found: Record<string, { slots: number; chunkBytes: number }> = {};
const between: Record<string, { slots: number; chunkBytes: number }> = {};

/** Lets attempts fail: `fail` is called all the time. */
function measure(name: string, options: Partial<ClientOptions>, fail: (client: Client) => void): void {
	const client = new Client({
		...network,
		host: "127.0.0.1",
		protocolVersion: 4,
		onDisconnected,
		random,
		...options,
	});
	const attempt = () => {
		const before = attempts;
		while (attempts === before) {
			pass();
			fail(client);
		}
	};
	for (let i = 0; i < 10; i++) attempt();
	heaps.look();
	engine.mark();
	for (let i = 0; i < ATTEMPTS; i++) attempt();
	let slots = engine.slots();
	let chunkBytes = engine.chunkBytes();
	heaps.look();
	found[name] = { slots: slots / ATTEMPTS, chunkBytes: chunkBytes / ATTEMPTS };
	// Half a minute until the next attempt.
	chance = 0.5;
	attempt();
	chance = 0;
	engine.mark();
	for (let i = 0; i < 500; i++) pass();
	slots = engine.slots();
	chunkBytes = engine.chunkBytes();
	between[name] = { slots, chunkBytes };
	client.close();
}

const nothing = () => {};
const refuse = (client: Client) => {
	if (client.state === State.CONNECTING) socketOptions!.onError.call(socket!);
};
const open = (client: Client) => {
	if (client.state === State.CONNECTING) socketOptions!.onWritable.call(socket!, 1000);
};

socketFails = true;
measure("no socket", {}, nothing);
socketFails = false;
measure("refused", {}, refuse);
measure("no CONNACK", { username: "ann", password: "secret", connectTimeout: 1000 }, open);
nameFails = true;
measure("no such name", { host: "broker.local" }, nothing);
nameFails = false;
measure("a name, refused", { host: "broker.local" }, refuse);
const wifi = new Wifi({
	...network,
	io: WiFi as never,
	accessPoints: [{ SSID: "attic", password: "secret" }],
	random,
});
measure("no Wi-Fi", { interface: wifi }, () => {
	station.connection = 300;
	wifiChanged();
	station.connection = 200;
	wifiChanged();
});
engine.report(JSON.stringify({ heaps, found, between }));
engine.exit(0);
