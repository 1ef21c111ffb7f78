// A broker that does whatever it likes, and an app that calls anything anywhere: nothing throws, no handler gets what it did
// not ask for, and each accepted message is delivered or dropped exactly once. HOSTILE_TRIALS and HOSTILE_SEED for more.

import type { Packet } from "mqtt-packet";
import type { ClientOptions } from "../../../src/connection/options.js";
import { Requester, Responder } from "../../../src/request/index.js";
import type { Message } from "../../../src/session/message.js";
import { Sensor, Status } from "../../../src/telemetry/index.js";
import { AUTH_CODE, AUTH_METHOD, type Authenticator, Properties } from "../../../src/v5.js";
import { encodeFilter, matches, Topic } from "../../../src/wire/topic.js";
import { Random } from "../../delivery/random.js";
import { judge, written } from "../../support/judge.js";
import { Setup5 } from "../../support/setup5.js";

const TRIALS = Number(process.env.HOSTILE_TRIALS ?? 300);
const SEED = Number(process.env.HOSTILE_SEED ?? 1);

const TOPICS = ["a", "a/b", "home/kitchen/temperature", "home/kitchen", "long/".repeat(8)];
const FILTERS = ["a", "a/b", "a/#", "+/b", "home/kitchen/temperature", "home/#", "$share/g/a/b", "long/#"];
const PROPERTIES = [
	undefined,
	undefined,
	new Properties({ messageExpiry: 2 }),
	new Properties({ contentType: "text", userProperties: [["k", "v".repeat(30)]] }),
];
const CODES = [0, 0, 0, 0x10, 0x80, 0x83, 0x87, 0x91, 0x92, 0x97, 0x99, 0x8b, 0x8e, 0x93, 0x95, 0x9c, 0x9d];

class Trial {
	readonly random: Random;
	readonly setup: Setup5;
	readonly actions: string[] = [];
	/** Accepted at QoS 1 and 2, and delivered or dropped. */
	accepted = 0;
	over = 0;
	depth = 0;
	closed = false;
	/** Packet identifiers of ours that the broker has seen on this connection. */
	seen: number[] = [];
	/** Subscription identifiers that the client has asked for. */
	readonly identifiers: number[] = [];
	readonly ended: string[] = [];
	authenticates = false;
	/** The app calls nothing any more, and likes every broker. */
	healing = false;
	/** Answers of the authenticator that are still to come. */
	readonly later: (() => void)[] = [];
	/** The broker speaks 3.1.1. */
	four = false;
	sensor?: Sensor;
	requester?: Requester;
	readonly requests = new Set<number>();

	constructor(seed: number) {
		this.random = new Random(seed);
		const { random } = this;
		this.authenticates = random.next() < 0.2;
		const options: Partial<ClientOptions> = {
			protocolVersion: random.pick([5, 5, undefined]) as 5,
			clean: random.pick([false, false, true]),
			storeSize: random.pick([128, 512, 2048]),
			packetSize: random.pick([32, 128, 512]),
			receiveSize: random.pick([8, 64, 512]),
			topicSize: random.pick([8, 64]),
			propertySize: random.pick([32, 128]),
			window: random.pick([1, 2, 4]),
			unreleased: random.pick([1, 4, 32]),
			acknowledgements: random.pick([1, 4, 16]),
			subscriptions: 12,
			aliases: random.pick([0, 2]),
			topicAliases: random.pick([0, 1, 4]),
			whenFull: random.pick(["refuse", "dropOldest"] as const),
			problemInformation: random.pick([false, true]),
			keepAlive: random.pick([0, 5000, 60_000]),
			random: () => random.next(),
			...(this.authenticates ? { authentication: this.authenticator() } : {}),
			...(random.pick([true, false]) ? { onRedirect: () => random.pick([true, false]) } : {}),
			onConnected: () => this.inCallback("connected"),
			onDisconnected: (reason) => {
				this.ended.push(String(reason));
				this.inCallback("disconnected");
			},
			onMessage: (message) => this.look(message, undefined),
			onSubscribed: () => this.inCallback("subscribed"),
			onUnsubscribed: () => this.inCallback("unsubscribed"),
			onDelivered: (id) => {
				if (!(id >= 1 && id <= 65_535)) throw new Error(`delivered ${id}`);
				this.over++;
				this.inCallback("delivered");
			},
			onDropped: (id, reason) => {
				const received = /a received message was skipped/.test(reason.message);
				if (id > 0 && !received) this.over++;
				this.inCallback("dropped");
			},
			onWritable: () => this.inCallback("writable"),
		};
		this.setup = new Setup5(options, undefined, {
			room: random.pick([64, 300, 1536]),
			end: random.pick(["lwip", "lin", "node"] as const),
			...(random.pick([true, false]) ? { shortRead: random.from(1, 40) } : {}),
		});
		this.count();
		this.addHelpers();
	}

	/** What is accepted at QoS 1 and 2, whoever publishes it. */
	private count(): void {
		const { client } = this.setup;
		for (const name of ["publish", "publishWith", "publishFrom"] as const) {
			const publish = client[name].bind(client) as (...args: unknown[]) => number;
			client[name] = (...args: unknown[]) => {
				const id = publish(...args);
				if (id > 0) this.accepted++;
				return id;
			};
		}
	}

	private addHelpers(): void {
		const { random, setup } = this;
		const { client } = setup;
		const room = client.owner !== undefined && random.pick([true, false]);
		try {
			if (room) new Status(client, { topic: "status", qos: random.from(0, 2) as 0 });
			this.sensor = new Sensor(client, {
				topic: "sensor",
				qos: random.from(0, 2) as 0,
				keep: random.pick(["newest", "all"]),
			});
			this.requester = new Requester(client, {
				topic: "ask",
				responseTopic: "answers/us",
				inFlight: 2,
				timeout: 5000,
				qos: random.from(0, 2) as 0,
				onAnswer: (request) => this.answered(request),
				onFailed: (request) => this.answered(request),
			});
			const responder: Responder = new Responder(client, {
				topicFilter: "home/#",
				prefix: "answers/",
				inFlight: 2,
				size: 16,
				handle: (message, request) => {
					this.look(message, "home/#");
					if (request >= 0 && random.pick([true, false])) responder.reply(request, "ok");
				},
			});
		} catch (error) {
			this.excuse(error);
		}
	}

	/** Each request ends once. */
	private answered(request: number): void {
		if (!this.requests.delete(request)) throw new Error(`request ${request} ended twice, or was never sent`);
		this.inCallback("request");
	}

	/** One that answers at once, later, or never, and does not like every broker. */
	private authenticator(): Authenticator {
		const { random } = this;
		return {
			method: "x",
			begin: () => Uint8Array.of(1),
			respond: (data, answer) => {
				if (random.next() < 0.6) answer(data);
				else if (random.next() < 0.5) this.later.push(() => answer(data));
				else answer(AUTH_CODE);
			},
			finish: () => (!this.healing && random.next() < 0.2 ? AUTH_METHOD : undefined),
			stop: () => this.inCallback("stop"),
		};
	}

	/** What an app may do in any callback, to some depth. */
	inCallback(what: string): void {
		if (this.healing || this.depth > 2 || this.random.next() < 0.7) return;
		this.depth++;
		try {
			this.actions.push(`in ${what}:`);
			this.act();
		} catch (error) {
			this.excuse(error);
		} finally {
			this.depth--;
		}
	}

	/** What a wrong call, or a full table, throws at the caller. */
	private excuse(error: unknown): void {
		if (
			!/can never fit|option subscriptions|leaves no room|too long for|can hold|storeSize/.test(String(error))
		)
			throw error;
	}

	look(message: Message, filter: string | undefined): void {
		const { topic } = message;
		if (filter !== undefined) {
			const field = encodeFilter(filter.replace(/^\$share\/[^/]+\//, ""));
			const name = new TextEncoder().encode(topic);
			if (!matches(field, name, name.length)) throw new Error(`${topic} came to ${filter}`);
		}
		if (message.offset + message.length > message.total) throw new Error("a part beyond its message");
		message.properties?.number(2);
		while (message.properties?.next()) String(message.properties.name + message.properties.value);
		this.inCallback("message");
	}

	act(): void {
		const { random } = this;
		const { client } = this.setup;
		const kind = random.from(0, 15);
		this.actions.push(`act ${kind}`);
		if (kind <= 5) {
			const qos = random.from(0, 2) as 0 | 1 | 2;
			const topic = random.pick(TOPICS);
			client.publish(
				random.pick([true, false]) ? topic : new Topic(topic),
				"x".repeat(random.pick([0, 1, 5, 40])),
				qos,
				random.pick([true, false]),
				random.pick(PROPERTIES),
			);
		} else if (kind === 6) {
			const filter = random.pick(FILTERS);
			const noLocal = !filter.startsWith("$share") && random.pick([true, false]);
			client.subscribe(filter, random.from(0, 2) as 0, (message) => this.look(message, filter), { noLocal });
		} else if (kind === 7) client.unsubscribe(random.pick(FILTERS));
		else if (kind === 8) client.pause();
		else if (kind <= 10) client.resume();
		else if (kind === 11) {
			const total = random.pick([0, 10, 700]);
			client.publishFrom(
				"from",
				total,
				(offset, view) => Math.min(view.length, total - offset),
				random.from(0, 2) as 0,
			);
		} else if (kind === 12) this.changeWill();
		else if (kind === 13) this.sensor?.update(random.from(-5, 5));
		else if (kind === 14) {
			const request = this.requester?.send("?") ?? -1;
			if (request >= 0) this.requests.add(request);
		} else if (random.next() < 0.02 && !this.closed) {
			this.closed = true;
			client.close();
		}
	}

	/** It may be a Status's. */
	private changeWill(): void {
		try {
			this.setup.client.will = this.random.pick([undefined, { topic: "will", payload: "gone", delay: 3 }]);
		} catch (error) {
			if (!/the will is a Status's/.test(String(error))) throw error;
		}
	}

	private actAlone(): void {
		try {
			this.act();
		} catch (error) {
			this.excuse(error);
		}
	}

	id(): number {
		const { random, seen } = this;
		return random.next() < 0.8 && seen.length > 0 ? random.pick(seen) : random.from(1, 20);
	}

	packet(): Packet {
		const { random } = this;
		const reasonCode = random.pick(CODES);
		const kind = random.from(0, 12);
		if (kind <= 4)
			return {
				cmd: random.pick(["puback", "pubrec", "pubcomp", "pubrel"] as const),
				messageId: this.id(),
				reasonCode,
			} as Packet;
		if (kind <= 7) {
			const qos = random.from(0, 2) as 0 | 1 | 2;
			return {
				cmd: "publish",
				topic: random.pick([...TOPICS, "answers/us", "x".repeat(70)]),
				payload: "p".repeat(random.pick([0, 3, 30, 600])),
				qos,
				retain: random.pick([true, false]),
				dup: qos > 0 && random.pick([true, false]),
				messageId: qos > 0 ? random.from(1, 40) : undefined,
				properties: random.pick([
					undefined,
					{ topicAlias: random.from(1, 3) },
					{
						responseTopic: random.pick(["answers/me", "elsewhere", "answers/#", "x".repeat(60)]),
						correlationData: Buffer.alloc(random.pick([0, 8, 40])),
					},
					{ subscriptionIdentifier: random.pick([random.from(1, 268_435_455), ...this.identifiers]) },
					{ userProperties: { n: "v".repeat(random.from(0, 200)) }, messageExpiryInterval: 9 },
				]),
			};
		}
		if (kind === 8)
			return { cmd: "suback", messageId: this.id(), granted: [random.pick([0, 1, 2, 0x80, 0x9e])] };
		if (kind === 9) return { cmd: "unsuback", messageId: this.id(), granted: [random.pick([0, 0x11])] };
		if (kind === 10) return { cmd: "pingresp" };
		if (kind === 12 && this.authenticates && random.next() < 0.7)
			return { cmd: "auth", reasonCode: 0x18, properties: { authenticationMethod: "x" } } as Packet;
		if (kind === 11)
			return {
				cmd: "disconnect",
				reasonCode: random.pick([0, 0x8b, 0x8e, 0x9c, 0x9d]),
				properties: { serverReference: random.pick(["other", "[::1]", "a b c", "x".repeat(300)]) },
			} as Packet;
		return {
			cmd: "auth",
			reasonCode: random.pick([0, 0x18, 0x19]),
			properties: { authenticationMethod: "x" },
		} as Packet;
	}

	connack(): Packet {
		const { random } = this;
		return {
			cmd: "connack",
			sessionPresent: random.pick([true, false]),
			reasonCode: random.pick([0, 0, 0, 0, 0x84, 0x87, 0x88, 0x9c]),
			properties: random.pick([
				undefined,
				{ receiveMaximum: random.pick([1, 2, 65_535]) },
				{ maximumPacketSize: random.pick([1, 2, 20, 50, 4_294_967_295]) },
				{ topicAliasMaximum: random.pick([0, 1, 65_535]) },
				{ maximumQoS: random.pick([0, 1]), retainAvailable: false },
				{ serverKeepAlive: random.pick([0, 1, 65_535]) },
				{ wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false },
				{ assignedClientIdentifier: random.pick(["c2", "x".repeat(400)]) },
				{ sessionExpiryInterval: random.pick([0, 5]) },
				{ reasonString: "r".repeat(300), userProperties: { a: "b" } },
				{ authenticationMethod: "x", authenticationData: Buffer.from("y") },
			]),
		} as Packet;
	}

	/** Sends packets, sometimes spoilt, in pieces. */
	sendAll(...packets: Packet[]): void {
		const { random } = this;
		for (const it of packets) {
			let bytes: Uint8Array;
			try {
				bytes = written(it, 5);
			} catch {
				continue; // the judge refuses to write it
			}
			this.actions.push(`${it.cmd} ${it.messageId ?? ""}`);
			if (random.next() < 0.03) bytes[random.from(0, bytes.length - 1)] = random.from(0, 255);
			const cuts = random.pick([[], [1], [2, 5], [bytes.length >> 1]]);
			if (!this.setup.peer.socket.closed) this.setup.peer.sendCut(bytes, cuts);
		}
	}

	take(): void {
		if (this.setup.peer.socket.closed) return;
		let packets: Packet[];
		try {
			packets = judge(this.setup.peer.take(), 5);
		} catch {
			return; // not whole yet, or 3.1.1: others judge what is sent
		}
		for (const { messageId } of packets) if (messageId !== undefined) this.seen.push(messageId);
		for (const it of packets)
			if (it.cmd === "subscribe" && it.properties?.subscriptionIdentifier)
				this.identifiers.push(it.properties.subscriptionIdentifier);
		this.seen.splice(0, Math.max(0, this.seen.length - 12));
	}

	run(): void {
		const { random, setup } = this;
		for (let i = 0; i < 80; i++) {
			const kind = random.from(0, 11);
			if (setup.peer.socket.closed || setup.peer.socket.broken) {
				setup.clock.advance(random.pick([100, 5000, 61_000]));
				if (!setup.peer.socket.closed && !setup.peer.socket.broken) this.begin();
				else if (random.next() < 0.3) this.actAlone();
			} else if (kind <= 4) this.actAlone();
			else if (kind <= 8) this.sendAll(...Array.from({ length: random.from(1, 3) }, () => this.packet()));
			else if (kind === 9) this.take();
			else if (kind === 10) setup.clock.advance(random.pick([1, 100, 3000, 20_000]));
			else if (random.next() < 0.4) random.pick([() => setup.peer.fail(), () => setup.peer.end()])();
		}
	}

	/** A socket was opened: the broker answers, or not. */
	begin(): void {
		const { random, setup } = this;
		this.actions.push("open");
		setup.peer.open();
		if (random.next() < 0.1) return;
		this.seen = [];
		this.take();
		this.sendAll(this.connack());
	}

	/** A broker that keeps the rules takes all that is held. */
	heal(): void {
		const { setup } = this;
		this.healing = true;
		setup.client.resume();
		for (let round = 0; round < 60 && setup.client.held > 0 && !this.closed; round++) {
			if (setup.peer.socket.closed || setup.peer.socket.broken) {
				setup.clock.advance(61_000);
				continue;
			}
			if (setup.peer.socket.writes.length === 0) {
				setup.peer.open();
				setup.peer.take();
				this.four = setup.client.protocolVersion === 4;
				setup.peer.send(
					written(
						{
							cmd: "connack",
							sessionPresent: false,
							reasonCode: 0,
							returnCode: 0,
							properties: this.authenticates ? { authenticationMethod: "x" } : undefined,
						} as Packet,
						this.four ? 4 : 5,
					),
				);
			} else if (round < 2) setup.peer.fail();
			else this.answer();
			setup.client.resume();
		}
	}
	private answer(): void {
		const { setup, four } = this;
		const version = four ? 4 : 5;
		let packets: Packet[];
		try {
			packets = judge(setup.peer.take(), version);
		} catch {
			setup.peer.fail();
			return;
		}
		for (const it of packets) {
			const { cmd, messageId } = it;
			const reply = (answer: string) =>
				setup.peer.send(written({ cmd: answer, messageId, reasonCode: 0 } as Packet, version));
			if (cmd === "publish" && it.qos === 1) reply("puback");
			else if (cmd === "publish" && it.qos === 2) reply("pubrec");
			else if (cmd === "pubrel") reply("pubcomp");
			else if (cmd === "pingreq") setup.peer.send(written({ cmd: "pingresp" }, version));
			else if (cmd === "subscribe")
				setup.peer.send(
					written({ cmd: "suback", messageId: messageId!, granted: it.subscriptions.map(() => 0) }, version),
				);
			else if (cmd === "unsubscribe")
				setup.peer.send(
					written(
						{ cmd: "unsuback", messageId: messageId!, granted: it.unsubscriptions.map(() => 0) } as Packet,
						version,
					),
				);
		}
		setup.clock.advance(100);
	}
}

test(`${TRIALS} brokers without manners, from seed ${SEED}`, () => {
	const kinds = new Set<string>();
	for (let seed = SEED; seed < SEED + TRIALS; seed++) {
		const trial = new Trial(seed);
		try {
			trial.run();
			trial.heal();
		} catch (error) {
			throw new Error(`seed ${seed}: ${trial.actions.slice(-12).join(", ")}`, { cause: error });
		}
		for (const reason of trial.ended) kinds.add(reason);
		const { accepted, over, closed, setup } = trial;
		const { held } = setup.client;
		if (!closed && (held > 0 || accepted !== over))
			throw new Error(
				`seed ${seed}: accepted ${accepted}, over ${over}, held ${held}; ${setup.log.length} ${trial.actions.slice(-12).join(", ")}`,
			);
		expect(setup.place.overruns).toBe(0);
	}
	expect(kinds.size).toBeGreaterThan(15);
});
