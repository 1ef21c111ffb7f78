// The Client over Node's sockets, with real brokers.

import { jest } from "@jest/globals";
import { network } from "../../hosts/node/network.js";
import {
	Client,
	type ClientOptions,
	CONNECTION_LOST,
	NO_REPLY,
	REFUSED_AUTHORIZATION,
	REFUSED_CREDENTIALS,
	type Reason,
	State,
	type Subscription,
} from "../../src/index.js";
import { Status } from "../../src/telemetry/index.js";
import { reasonOf } from "../../src/wire/v5/reason-codes.js";
import { RecordingProxy } from "../delivery/proxy.js";
import {
	BROKERS,
	type Broker,
	Cable,
	endLater,
	Inbox,
	judge,
	type Mosquitto,
	startMosquitto,
	unique,
} from "../support/brokers.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

interface Heard {
	topic: string;
	text: string;
	qos: number;
	retain: boolean;
}

/** Which version is spoken. */
let protocolVersion: 4 | 5 = 4;

/** A Client, and all that it tells. */
class App {
	readonly client: Client;
	readonly id: string;
	readonly connects = new Inbox<boolean>();
	readonly disconnects = new Inbox<Reason>();
	readonly delivered = new Inbox<number>();
	readonly dropped: Reason[] = [];
	readonly heard = new Inbox<Heard>();
	readonly answers = new Inbox<Subscription>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		this.id = options.clientId ?? unique("app");
		this.client = new Client({
			...network,
			protocolVersion,
			host: "127.0.0.1",
			port,
			clientId: this.id,
			reconnectMinimum: 50,
			reconnectMaximum: 200,
			...options,
			onConnected: (sessionPresent) => this.connects.push(sessionPresent),
			onDisconnected: (reason) => this.disconnects.push(reason),
			onDelivered: (id) => this.delivered.push(id),
			onDropped: (_id, reason) => this.dropped.push(reason),
			onSubscribed: (subscription) => this.answers.push({ ...subscription }),
		});
		endLater(() => this.end());
	}

	/** So often connected. */
	async connected(times = 1): Promise<this> {
		await this.connects.atLeast(times);
		return this;
	}

	/** Subscribes, and waits for the broker's answer. */
	async subscribe(filter: string, qos: 0 | 1 = 1): Promise<number> {
		this.listen(filter, qos);
		return (await this.answers.find((answer) => answer.topicFilter === filter)).code;
	}

	listen(filter: string, qos: 0 | 1 = 1): void {
		this.client.subscribe(filter, qos, (message) => {
			this.heard.push({
				topic: message.topic,
				text: message.text(),
				qos: message.qos,
				retain: message.retain,
			});
		});
	}

	/** Closes, and waits for the end. */
	async end(): Promise<void> {
		this.client.close();
		while (this.client.state !== State.CLOSED) await new Promise((wake) => setTimeout(wake, 5));
	}
}

const texts = (heard: { text: string }[]) => heard.map(({ text }) => text);

const PLACES: [string, (typeof BROKERS)[0][1], 4 | 5][] = [
	...BROKERS.map(([name, startBroker]): (typeof PLACES)[0] => [name, startBroker, 4]),
	["Mosquitto in 5.0", startMosquitto, 5],
];

describe.each(PLACES)("with %s", (name, startBroker, version) => {
	let broker: Broker;
	beforeAll(async () => {
		broker = await startBroker();
		protocolVersion = version;
	});

	describe("user name and password", () => {
		const password = "Bär 🐻 & 1";
		let guarded: Broker;
		beforeAll(async () => {
			guarded = await startBroker({ users: { käthe: password } });
		});

		test.each<[string, ClientOptions["password"]]>([
			["text", password],
			["bytes", new TextEncoder().encode(password)],
			["a function that returns text", () => password],
			["a function that returns bytes", () => new TextEncoder().encode(password)],
		])("open the door, the password as %s", async (_how, password) => {
			const app = await new App(guarded.port, { username: "käthe", password }).connected();
			expect(app.disconnects.all).toEqual([]);
		});

		test.each<[string, Partial<ClientOptions>]>([
			["a wrong password", { username: "käthe", password: "wrong" }],
			["an unknown user", { username: "nobody", password }],
			["no user name", {}],
		])("%s is refused, with the reason that the broker gives", async (_what, options) => {
			const app = new App(guarded.port, options);
			const [reason] = await app.disconnects.atLeast(1);
			const refusal = version === 5 ? reasonOf(0x87) : REFUSED_AUTHORIZATION;
			expect(reason).toBe(name === "aedes" ? REFUSED_CREDENTIALS : refusal);
			expect(app.connects.all).toEqual([]);
		});

		test("a password function is asked at each attempt", async () => {
			const passwords = ["wrong", "wrong again", password];
			const app = new App(guarded.port, { username: "käthe", password: () => passwords.shift()! });
			await app.connected();
			expect(app.disconnects.all).toHaveLength(2);
			expect(app.client.statistics.attempts).toBe(3);
		});
	});

	const payloads: [string, string][] = [
		["text", "21.5"],
		["UTF-8", "grüß 🌡 €"],
		["400 bytes", "0123456789".repeat(40)],
		["nothing", ""],
	];

	describe.each<[0 | 1]>([[0], [1]])("at QoS %d", (qos) => {
		test.each(payloads)("what the app publishes arrives: %s", async (_what, payload) => {
			const topic = `${unique("out")}/Küche/🌡`;
			const other = await (await judge(broker.port)).subscribe(topic);
			const app = await new App(broker.port).connected();
			const id = app.client.publish(topic, payload, qos);
			const seen = await other.find((seen) => seen.topic === topic);
			expect(seen).toMatchObject({ payload, qos, retain: false, dup: false });
			expect(id > 0).toBe(qos === 1);
			if (qos === 1) expect(await app.delivered.atLeast(1)).toEqual([id]);
		});

		test.each(payloads)("what others publish reaches the app: %s", async (_what, payload) => {
			const topic = `${unique("in")}/Küche/🌡`;
			const app = await new App(broker.port).connected();
			expect(await app.subscribe(topic)).toBe(1);
			await (await judge(broker.port)).publish(topic, payload, qos);
			expect(await app.heard.atLeast(1)).toEqual([{ topic, text: payload, qos, retain: false }]);
		});

		test("bytes of every value pass both ways", async () => {
			const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
			const topic = unique("bytes");
			const app = await new App(broker.port).connected();
			const got = new Inbox<Uint8Array>();
			app.client.subscribe(topic, qos, (message) => got.push(message.copy()));
			await app.answers.atLeast(1);
			app.client.publish(topic, bytes, qos);
			expect(await got.atLeast(1)).toEqual([bytes]);
		});

		test("a retained message awaits new subscribers, until an empty one clears it", async () => {
			const topic = unique("retained");
			const live = await (await judge(broker.port)).subscribe(topic);
			const app = await new App(broker.port).connected();
			app.client.publish(topic, "kept", qos, true);
			await live.find((seen) => seen.payload === "kept");
			const late = await (await judge(broker.port)).subscribe(topic);
			expect(await late.find((seen) => seen.topic === topic)).toMatchObject({
				payload: "kept",
				retain: true,
			});

			app.client.publish(topic, "", qos, true);
			await live.find((seen) => seen.topic === topic && seen.payload === "");
			const later = await (await judge(broker.port)).subscribe(topic);
			await later.settled();
			expect(later.on()).toEqual([]);
		});

		test("a retained message of others reaches the app when it subscribes", async () => {
			const topic = unique("retained");
			await (await judge(broker.port)).publish(topic, "kept", qos, true);
			const app = await new App(broker.port).connected();
			await app.subscribe(topic);
			expect(await app.heard.atLeast(1)).toEqual([{ topic, text: "kept", qos, retain: true }]);
		});
	});

	test("filters, exact and with wildcards, take what they match and nothing else", async () => {
		const base = unique("filters");
		const app = await new App(broker.port).connected();
		for (const filter of [`${base}/exact`, `${base}/+/set`, `${base}/all/#`]) await app.subscribe(filter);
		const other = await judge(broker.port);
		const names = ["exact", "exact/no", "a/set", "ä/set", "a/b/set", "all", "all/x/y", "no"];
		// aedes ends the connection of a subscriber that is to get a topic with an empty level.
		const empty = name === "aedes" ? [] : ["/set"];
		names.push(...empty);
		for (const name of names) await other.publish(`${base}/${name}`, name);
		await app.subscribe(`${base}/end`);
		await other.publish(`${base}/end`, "end");
		await app.heard.find(({ text }) => text === "end");
		expect(texts(app.heard.all)).toEqual(["exact", "a/set", "ä/set", "all", "all/x/y", ...empty, "end"]);
	});

	test("a subscription at QoS 0 gets QoS 1 messages at QoS 0", async () => {
		const topic = unique("lower");
		const app = await new App(broker.port).connected();
		expect(await app.subscribe(topic, 0)).toBe(0);
		await (await judge(broker.port)).publish(topic, "x", 1);
		expect(await app.heard.atLeast(1)).toMatchObject([{ text: "x", qos: 0 }]);
	});

	test("after unsubscribe nothing more comes", async () => {
		const topic = unique("unsubscribe");
		const app = await new App(broker.port).connected();
		const stray: string[] = [];
		const { options } = (app.client as unknown as { connection: { options: ClientOptions } }).connection;
		options.onMessage = (message) => stray.push(message.topic);
		await app.subscribe(topic);
		await app.subscribe(`${topic}/end`);
		const other = await judge(broker.port);
		await other.publish(topic, "before");
		await app.heard.atLeast(1);
		expect(app.client.unsubscribe(topic)).toBe(true);
		// The broker has read UNSUBSCRIBE when it has acknowledged what was sent after it.
		app.client.publish(`${topic}/marker`, "", 1);
		await app.delivered.atLeast(1);
		await other.publish(topic, "after");
		await other.publish(`${topic}/end`, "end");
		await app.heard.find(({ text }) => text === "end");
		expect(texts(app.heard.all)).toEqual(["before", "end"]);
		expect(stray).toEqual([]);
	});

	describe("the end of a connection", () => {
		test("Status is online while connected, offline by the will when the link breaks, and online again", async () => {
			const id = unique("status");
			const other = await (await judge(broker.port)).subscribe(id);
			const cable = await Cable.to(broker.port);
			const app = new App(cable.port, { clientId: id });
			new Status(app.client, { topic: id });
			await app.connected();
			await other.find((seen) => seen.payload === "online");
			cable.cut();
			await other.find((seen) => seen.payload === "offline");
			await other.atLeast(3, (seen) => seen.topic === id);
			expect(other.payloads(id)).toEqual(["online", "offline", "online"]);
			const late = await (await judge(broker.port)).subscribe(id);
			expect(await late.find((seen) => seen.topic === id)).toMatchObject({ payload: "online", retain: true });
			expect(app.disconnects.all).toEqual([CONNECTION_LOST]);
		});

		test.each([
			[0, "publish"],
			[1, "publish"],
			[2, "publish"],
			[2, "pubrel"],
		] as const)("Status at QoS %d is online again when the answer to %s is cut off", async (qos, cmd) => {
			const id = unique("status");
			const other = await (await judge(broker.port)).subscribe(id);
			const proxy = await RecordingProxy.to(broker.port, false, version);
			endLater(() => proxy.stop());
			proxy.onEntry = (entry) => {
				if (entry.cmd !== cmd || entry.from !== "board") return;
				proxy.onEntry = () => {};
				proxy.plan = { from: "broker", bytes: 0, how: "close" };
				// It strikes with the next bytes of the broker. At QoS 0 these are for something else.
				if (qos === 0) app.listen(unique("anything"));
			};
			const app = new App(proxy.port, { clientId: id });
			new Status(app.client, { topic: id, qos });
			await app.connected(2);
			await other.find((seen) => seen.payload === "offline");
			// At QoS 2 it is sent again and then said again, as a broker may publish at PUBLISH or at PUBREL.
			for (let said = 1; other.payloads(id).at(-1) !== "online"; said++)
				await other.atLeast(said, (seen) => seen.topic === id);
			const late = await (await judge(broker.port)).subscribe(id);
			expect(await late.find((seen) => seen.topic === id)).toMatchObject({ payload: "online", retain: true });
		});

		test("Status says farewell on close, retained", async () => {
			const id = unique("status");
			const other = await (await judge(broker.port)).subscribe(id);
			const app = new App(broker.port, { clientId: id });
			new Status(app.client, { topic: id });
			await app.connected();
			await app.end();
			await broker.leaves.find((leave) => leave.clientId === id);
			await other.settled();
			expect(other.payloads(id)).toEqual(["online", "offline"]);
			const late = await (await judge(broker.port)).subscribe(id);
			expect(await late.find((seen) => seen.topic === id)).toMatchObject({
				payload: "offline",
				retain: true,
			});
		});

		test("close delivers what is held, then sends DISCONNECT: the will is not published", async () => {
			const id = unique("close");
			const other = await (await judge(broker.port)).subscribe(`${id}/#`);
			const app = new App(broker.port, { clientId: id, storeSize: 512, window: 2 });
			app.client.will = { topic: `${id}/will`, payload: "gone", qos: 1 };
			await app.connected();
			const ids = Array.from({ length: 8 }, (_, i) => app.client.publish(`${id}/held`, String(i), 1));
			await app.end();
			expect(app.delivered.all).toEqual(ids);
			expect(app.dropped).toEqual([]);
			expect(await broker.leaves.find((leave) => leave.clientId === id)).toEqual({
				clientId: id,
				orderly: true,
			});
			await other.settled();
			expect(other.payloads(`${id}/held`)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
			expect(other.payloads(`${id}/will`)).toEqual([]);
		});
	});

	describe("a session", () => {
		test("of an earlier life of the device: what that has subscribed to can be ended", async () => {
			const topic = unique("firmware");
			const id = unique("updated");
			const old = await new App(broker.port, { clientId: id }).connected();
			await old.subscribe(`${topic}/old`);
			await old.subscribe(`${topic}/both`);
			await old.end();
			const other = await judge(broker.port);
			await other.publish(`${topic}/old`, "for the old firmware");
			const app = new App(broker.port, { clientId: id });
			const stray: string[] = [];
			const told = new Inbox<string>();
			const { options } = (app.client as unknown as { connection: { options: ClientOptions } }).connection;
			options.onMessage = (message) => stray.push(message.text());
			options.onUnsubscribed = (filter) => told.push(filter);
			app.client.unsubscribe(`${topic}/old`);
			await app.connected();
			expect(app.connects.all).toEqual([true]);
			await told.find((filter) => filter === `${topic}/old`);
			app.listen(`${topic}/both`);
			await other.publish(`${topic}/old`, "after");
			await other.publish(`${topic}/both`, "end");
			await app.heard.find(({ text }) => text === "end");
			expect(stray).toEqual(["for the old firmware"]);
			expect(app.client.statistics.strayAcknowledgements).toBe(0);
		});

		test("outlives the connection with clean false: what others publish meanwhile arrives", async () => {
			const topic = unique("away");
			const cable = await Cable.to(broker.port);
			const app = await new App(cable.port, { reconnectMinimum: 200, reconnectMaximum: 200 }).connected();
			await app.subscribe(topic);
			const other = await judge(broker.port);
			cable.freeze();
			cable.cut();
			await broker.leaves.find((leave) => leave.clientId === app.id);
			const sent = Array.from({ length: 10 }, (_, i) => String(i));
			for (const payload of sent) await other.publish(topic, payload);
			cable.restore();
			await app.heard.atLeast(10);
			expect(texts(app.heard.all)).toEqual(sent);
			expect(app.connects.all).toEqual([false, true]);
			// They were acknowledged, so they do not come again. The marker is read after the acknowledgements.
			app.client.publish(`${topic}/marker`, "", 1);
			await app.delivered.atLeast(1);
			cable.cut();
			await app.connected(3);
			await other.publish(topic, "end");
			await app.heard.find(({ text }) => text === "end");
			expect(texts(app.heard.all)).toEqual([...sent, "end"]);
		});

		test("ends with the connection with clean true, and the client subscribes again", async () => {
			const topic = unique("clean");
			const cable = await Cable.to(broker.port);
			const app = await new App(cable.port, { clean: true }).connected();
			await app.subscribe(topic);
			cable.cut();
			await app.connected(2);
			expect(app.connects.all).toEqual([false, false]);
			await app.answers.atLeast(2);
			await (await judge(broker.port)).publish(topic, "again");
			expect(await app.heard.atLeast(1)).toMatchObject([{ text: "again" }]);
		});

		test("is found again by the next life of a device", async () => {
			const topic = unique("next-life");
			const clientId = unique("device");
			const first = await new App(broker.port, { clientId }).connected();
			await first.subscribe(topic);
			await first.end();
			await broker.leaves.find((leave) => leave.clientId === clientId);
			await (await judge(broker.port)).publish(topic, "while off");
			const second = new App(broker.port, { clientId });
			second.listen(topic);
			expect(await second.heard.atLeast(1)).toMatchObject([{ text: "while off" }]);
			expect(second.connects.all).toEqual([true]);
		});
	});

	test("a half-open link is found, and what was published on it arrives once the cable is back", async () => {
		const id = unique("half-open");
		const other = await (await judge(broker.port)).subscribe(id);
		const cable = await Cable.to(broker.port);
		const app = await new App(cable.port, {
			clientId: id,
			keepAlive: 1000,
			replyTimeout: 1000,
			connectTimeout: 1000,
		}).connected();
		cable.freeze();
		const ids = ["0", "1", "2", "3", "4", "5"].map((payload) => app.client.publish(id, payload, 1));
		const [reason] = await app.disconnects.atLeast(1);
		expect(reason).toBe(NO_REPLY);
		cable.restore();
		await app.delivered.atLeast(6);
		await other.settled();
		expect(app.delivered.all).toEqual(ids);
		expect([...new Set(other.payloads(id))]).toEqual(["0", "1", "2", "3", "4", "5"]);
	});

	test("a silent half-open link is found by keepalive alone", async () => {
		const cable = await Cable.to(broker.port);
		const app = await new App(cable.port, { keepAlive: 1000, replyTimeout: 1000 }).connected();
		cable.freeze();
		const [reason] = await app.disconnects.atLeast(1);
		expect(reason).toBe(NO_REPLY);
		cable.restore();
		await app.connected(2);
	});

	test("a client that publishes at QoS 0 only, and a silent one, stay for several keepalive periods", async () => {
		const topic = unique("alive");
		const other = await (await judge(broker.port)).subscribe(topic);
		const busy = await new App(broker.port, { keepAlive: 1000 }).connected();
		const silent = await new App(broker.port, { keepAlive: 1000 }).connected();
		for (let i = 0; i < 30; i++) {
			expect(busy.client.publish(topic, String(i))).toBe(0);
			await new Promise((wake) => setTimeout(wake, 100));
		}
		await other.atLeast(30, (seen) => seen.topic === topic);
		expect([...busy.disconnects.all, ...silent.disconnects.all]).toEqual([]);
		expect(
			broker.leaves.all.filter(({ clientId }) => clientId === busy.id || clientId === silent.id),
		).toEqual([]);
	});

	test("two clients with the same identifier take turns without a flood of attempts", async () => {
		const clientId = unique("twin");
		// A minute in less than a second, by a clock that only the timer moves on.
		const minutes = (n: number) => n * 240;
		const ticks = [0, 0];
		const twins = [0, 1].map(
			(i) =>
				new App(broker.port, {
					clientId,
					reconnectMinimum: 1000,
					reconnectMaximum: 60_000,
					ticks: () => ticks[i] * 250,
					timer: {
						repeat: (callback) =>
							setInterval(() => {
								ticks[i]++;
								callback();
							}, 3),
						schedule: () => {},
						clear: (timer: never) => clearInterval(timer),
					},
				}),
		);
		while (Math.min(...ticks) < minutes(2)) await new Promise((wake) => setTimeout(wake, 10));
		const [a, b] = twins.map(({ client }) => client.statistics);
		expect(a.connects).toBeGreaterThan(1);
		expect(b.connects).toBeGreaterThan(1);
		// 250 ms between looks at the clock would allow 480 each.
		expect(a.attempts + b.attempts).toBeLessThan(60);
		// Each attempt succeeded: the broker lets the newcomer in.
		expect(a.attempts - a.connects).toBeLessThanOrEqual(1);
	});

	test("two clients in one app do not mix: each has its session, messages, and end", async () => {
		const topic = unique("pair");
		const [one, two] = [new App(broker.port), new App(broker.port)];
		await Promise.all([one.connected(), two.connected()]);
		await one.subscribe(`${topic}/one`);
		await two.subscribe(`${topic}/two`);
		for (let i = 0; i < 20; i++) {
			one.client.publish(`${topic}/two`, `to two ${i}`, (i % 2) as 0 | 1);
			two.client.publish(`${topic}/one`, `to one ${i}`, (i % 2) as 0 | 1);
			await Promise.all([one.heard.atLeast(i + 1), two.heard.atLeast(i + 1)]);
		}
		const numbers = Array.from({ length: 20 }, (_, i) => i);
		expect(texts(one.heard.all)).toEqual(numbers.map((i) => `to one ${i}`));
		expect(texts(two.heard.all)).toEqual(numbers.map((i) => `to two ${i}`));
		await one.end();
		two.client.publish(`${topic}/two`, "still here", 1);
		await two.heard.find(({ text }) => text === "still here");
		expect(one.heard.all).toHaveLength(20);
	});
});

describe.each([
	["3.1.1", 4],
	["5.0", 5],
] as const)("over a restart of Mosquitto, in %s", (_version, number) => {
	beforeAll(() => {
		protocolVersion = number;
	});

	test("every accepted QoS 1 message arrives, in order, and is reported as delivered", async () => {
		const broker: Mosquitto = await startMosquitto();
		const id = unique("restart");
		const other = await (await judge(broker.port, { clientId: unique("judge"), clean: false })).subscribe(id);
		const app = await new App(broker.port, {
			clientId: id,
			storeSize: 2048,
			window: 8,
			replyTimeout: 2000,
		}).connected();
		const ids: number[] = [];
		let next = 0;
		const publish = (count: number) => {
			for (let i = 0; i < count; i++) {
				const packet = app.client.publish(id, String(next), 1);
				expect(packet).toBeGreaterThan(0);
				ids.push(packet);
				next++;
			}
		};
		publish(20);
		await app.delivered.atLeast(10);
		publish(10);
		await broker.halt();
		await app.disconnects.atLeast(1);
		publish(10);
		await broker.start();
		await app.connected(2);
		publish(1);
		await app.delivered.atLeast(ids.length);
		await other.find((seen) => seen.payload === String(next - 1));
		expect(app.delivered.all).toEqual(ids);
		expect(app.connects.all.slice(0, 2)).toEqual([false, true]);
		expect([...new Set(other.payloads(id))]).toEqual(ids.map((_, i) => String(i)));
		// The broker's log may tell late.
		await broker.arrivals.find((arrival) => arrival.clientId === id && arrival.id === ids.at(-1));
		const met = new Set<number>();
		for (const { clientId, id: packet, dup } of broker.arrivals.all) {
			if (clientId !== id) continue;
			if (met.has(packet)) expect(dup).toBe(true);
			met.add(packet);
		}
		expect(met.size).toBe(ids.length);
	});
});
