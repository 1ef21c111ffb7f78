// Subscriptions in MQTT 5.0 with Mosquitto, over Node's sockets: options, identifiers, shared ones, reason codes.

import { jest } from "@jest/globals";
import { network } from "../../../hosts/node/network.js";
import { Client, type ClientOptions, State, type SubscriptionOptions } from "../../../src/index.js";
import {
	endLater,
	Inbox,
	type Judge,
	judge,
	type Mosquitto,
	startMosquitto,
	unique,
} from "../../support/brokers.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

interface Heard {
	filter: string;
	topic: string;
	payload: string;
	retain: boolean;
}

class App {
	readonly client: Client;
	readonly heard = new Inbox<Heard>();
	readonly answers = new Inbox<string>();
	private readonly ends = new Inbox<string>();
	private readonly barrier = unique("barrier");
	private passed = 0;
	private readonly connects = new Inbox<boolean>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			port,
			clientId: unique("app"),
			protocolVersion: 5,
			subscriptions: 20,
			reconnectMinimum: 50,
			...options,
			onConnected: (sessionPresent) => this.connects.push(sessionPresent),
			onDisconnected: ({ message }) => this.ends.push(message),
			onSubscribed: ({ topicFilter, code }) => this.answers.push(`${topicFilter} ${code}`),
			onUnsubscribed: (filter, code) => this.answers.push(`end of ${filter} ${code}`),
			onMessage: (message) =>
				this.heard.push({
					filter: "",
					topic: message.topic,
					payload: message.text(),
					retain: message.retain,
				}),
		});
		endLater(async () => {
			this.client.close();
			while (this.client.state !== State.CLOSED) await this.ends.atLeast(this.ends.all.length + 1);
		});
	}

	async connected(times = 1): Promise<this> {
		await this.connects.atLeast(times);
		return this;
	}

	subscribe(filter: string, options?: SubscriptionOptions, qos: 0 | 1 | 2 = 1): void {
		this.client.subscribe(
			filter,
			qos,
			(message) =>
				this.heard.push({ filter, topic: message.topic, payload: message.text(), retain: message.retain }),
			options,
		);
	}

	/** Subscribed to all of these, as the broker has said. */
	async subscribed(filters: string[], options?: SubscriptionOptions): Promise<void> {
		for (const filter of filters) this.subscribe(filter, options);
		await this.settled();
	}

	/** The broker has answered all that was asked, and has sent all that it had. */
	async settled(): Promise<void> {
		const payload = String(++this.passed);
		if (this.passed === 1) this.client.subscribe(this.barrier, 1, undefined);
		this.client.publish(this.barrier, payload, 1);
		await this.heard.find((it) => it.topic === this.barrier && it.payload === payload);
	}

	/** What was heard, but for barriers: handlers in order of the alphabet. */
	get news(): string[] {
		const all = this.heard.all.splice(0).filter(({ topic }) => topic !== this.barrier);
		return all.map(({ filter, payload, retain }) => `${filter}=${payload}${retain ? " retain" : ""}`).sort();
	}
}

describe("Mosquitto", () => {
	let broker: Mosquitto;
	let other: Judge;
	beforeAll(async () => {
		broker = await startMosquitto();
		other = await judge(broker.port, { protocolVersion: 5 });
	});

	test("sends a message once for each of overlapping filters: each handler has it once, in whatever order they were made", async () => {
		const root = unique("t");
		const filters = [`${root}/a`, `${root}/+`, `${root}/#`];
		for (const order of [filters, filters.toReversed(), [filters[1], filters[0], filters[2]]]) {
			for (const settles of [false, true]) {
				const app = await new App(broker.port).connected();
				for (const filter of order)
					if (settles) await app.subscribed([filter]);
					else app.subscribe(filter);
				await app.settled();
				await other.publish(`${root}/a`, "1");
				await other.publish(`${root}/b`, "2");
				await app.settled();
				expect([order, app.news]).toEqual([
					order,
					[`${root}/#=1`, `${root}/#=2`, `${root}/+=1`, `${root}/+=2`, `${root}/a=1`],
				]);
			}
		}
	});

	test("keeps identifiers with the session", async () => {
		const root = unique("t");
		const clientId = unique("life");
		const filters = [`${root}/a`, `${root}/+`, `${root}/#`];
		const first = await new App(broker.port, { clientId }).connected();
		await first.subscribed(filters);
		first.client.close();
		await broker.leaves.find((it) => it.clientId === clientId);
		await other.publish(`${root}/a`, "meanwhile");
		// Another life: the same filters, known before it connects.
		const second = new App(broker.port, { clientId });
		for (const filter of filters) second.subscribe(filter);
		await second.connected();
		await second.settled();
		expect(second.news).toEqual(filters.map((filter) => `${filter}=meanwhile`).sort());
	});

	test("no local: this client's own messages do not come", async () => {
		const root = unique("t");
		const app = await new App(broker.port).connected();
		await app.subscribed([`${root}/mute`], { noLocal: true });
		await app.subscribed([`${root}/loud`]);
		for (const topic of ["mute", "loud"]) app.client.publish(`${root}/${topic}`, "own", 1);
		await app.settled();
		for (const topic of ["mute", "loud"]) await other.publish(`${root}/${topic}`, "other");
		await app.settled();
		expect(app.news).toEqual([`${root}/loud=other`, `${root}/loud=own`, `${root}/mute=other`]);
	});

	test("retain as published, and retain handling", async () => {
		const root = unique("t");
		await other.publish(`${root}/kept`, "old", 1, true);
		const app = await new App(broker.port).connected();
		const filter = `${root}/kept`;
		await app.subscribed([filter]);
		expect(app.news).toEqual([`${filter}=old retain`]);
		await app.subscribed([filter], { retainHandling: 1 });
		await app.subscribed([filter], { retainHandling: 2 });
		expect(app.news).toEqual([]);
		await app.subscribed([`${root}/+`], { retainHandling: 1 });
		expect(app.news).toEqual([`${root}/+=old retain`]);
		await app.subscribed([`${root}/#`], { retainHandling: 2, retainAsPublished: true });
		expect(app.news).toEqual([]);
		await other.publish(`${root}/kept`, "new", 1, true);
		await app.settled();
		expect(app.news).toEqual([`${root}/#=new retain`, `${root}/+=new`, `${filter}=new`]);
	});

	test("a filter that gets its identifier later has no retained message twice", async () => {
		const root = unique("t");
		await other.publish(`${root}/a`, "old", 1, true);
		const app = await new App(broker.port).connected();
		await app.subscribed([`${root}/a`]);
		expect(app.news).toEqual([`${root}/a=old retain`]);
		await app.subscribed([`${root}/+`]);
		expect(app.news).toEqual([`${root}/+=old retain`]);
		await other.publish(`${root}/a`, "new");
		await app.settled();
		expect(app.news).toEqual([`${root}/+=new`, `${root}/a=new`]);
	});

	test("a shared subscription has each message once among its members", async () => {
		const root = unique("t");
		const filter = `$share/group/${root}/+`;
		const members = [];
		for (let i = 0; i < 2; i++) {
			const app = await new App(broker.port).connected();
			await app.subscribed([filter]);
			members.push(app);
		}
		for (let i = 0; i < 10; i++) await other.publish(`${root}/a`, `${i}`);
		for (const app of members) await app.settled();
		const news = members.map((app) => app.news);
		expect(news.flat().sort()).toEqual(Array.from({ length: 10 }, (_, i) => `${filter}=${i}`));
		for (const each of news) expect(each.length).toBeGreaterThan(0);
	});

	test("tells what was there to end, and what was not", async () => {
		const root = unique("t");
		const app = await new App(broker.port).connected();
		await app.subscribed([`${root}/a`, `${root}/+`, `$share/g/${root}/#`]);
		app.client.unsubscribe([`${root}/a`, `${root}/never`, `${root}/+`, `$share/g/${root}/#`]);
		const ends = await app.answers.atLeast(4, (it) => it.startsWith("end of"));
		expect(ends).toEqual([
			`end of ${root}/a 0`,
			`end of ${root}/+ 0`,
			`end of $share/g/${root}/# 0`,
			`end of ${root}/never 17`,
		]);
		await other.publish(`${root}/a`, "1");
		await app.settled();
		expect(app.news).toEqual([]);
	});

	test("at QoS 2, with properties, in parts: each handler has all of it once", async () => {
		const root = unique("t");
		const app = await new App(broker.port, { receiveSize: 64 }).connected();
		const parts: string[] = [];
		for (const filter of [`${root}/+`, `${root}/#`])
			app.client.subscribe(filter, 2, (message) => {
				const { properties } = message;
				parts.push(`${filter} ${message.offset} ${properties!.text(0x03)} ${properties!.next()}`);
				properties!.rewind();
			});
		await app.settled();
		await other.mqtt.publishAsync(`${root}/a`, Buffer.alloc(150, "x"), {
			qos: 2,
			properties: { contentType: "text", userProperties: { a: "b" } },
		});
		await app.settled();
		expect(parts.sort()).toEqual(
			[`${root}/#`, `${root}/+`].flatMap((filter) => [0, 128, 64].map((at) => `${filter} ${at} text true`)),
		);
	});
});
