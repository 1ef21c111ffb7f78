// A Client over TLS, from its options down to a fake socket: real keys on both ends, nothing that waits.

import fc from "fast-check";
import {
	CONNECT_FAILED,
	CONNECT_TIMEOUT,
	CONNECTION_LOST,
	NO_CREDENTIALS,
	NO_REPLY,
} from "../../../src/connection/reasons.js";
import type { ClientOptions, Message as MqttMessage, QoS } from "../../../src/index.js";
import { State, Topic } from "../../../src/index.js";
import type { Session, SessionOptions, SessionSocket } from "../../../src/transport/tls/capability.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import * as reasons from "../../../src/transport/tls/reasons.js";
import { Content, Message, message } from "../../support/attacker/records.js";
import type { Script } from "../../support/attacker/server.js";
import { Authority, type Issued, selfSigned } from "../../support/authority.js";
import { CONNACK, concat, listing, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../../support/packets.js";
import { Place } from "../../support/place.js";
import { Setup } from "../../support/setup.js";
import type { Quirks } from "../../support/socket.js";
import { NodeSession } from "../../support/tls/session.js";
import { alert, capabilityOf, dialed, scriptOf, TlsPeer, withTls } from "../../support/tls/tls-peer.js";

let authority: Authority;
let broker: Issued;
beforeAll(() => {
	authority = new Authority();
	broker = authority.issue({ names: "DNS:localhost,IP:127.0.0.1" });
});
afterAll(() => authority.remove());

const dial = (options: Partial<ClientOptions> = {}, quirks: Quirks = {}, more: Partial<Script> = {}) =>
	dialed({ ca: authority.own.pem }, scriptOf(broker, authority.own, more), options, quirks);

/** TCP is open, and both have said all that they have to say. */
function opened(options?: Partial<ClientOptions>, quirks?: Quirks, more?: Partial<Script>) {
	const line = dial(options, quirks, more);
	line.setup.peer.open();
	line.tls.talk();
	return line;
}

/** What is written is whole: nothing of ours is short while a session works. */
function watch(session = NodeSession.last): void {
	session.onWrite = ({ buffer }) => {
		const { byteLength, maxByteLength, resizable } = buffer as ArrayBuffer;
		if (resizable && byteLength !== maxByteLength) throw new Error("the buffer is short");
	};
}

/** Connected, with nothing in the diary. */
function connected(options?: Partial<ClientOptions>, quirks?: Quirks) {
	const line = opened({ keepAlive: 0, ...options }, quirks);
	watch();
	if (line.tls.take()[0] !== 0x10) throw new Error("no CONNECT");
	line.tls.send(CONNACK());
	line.setup.news();
	return line;
}

/** All that comes until nothing more does, decrypted. */
function drain(tls: TlsPeer): Uint8Array {
	const parts: Uint8Array[] = [];
	for (let part = tls.take(); part.length > 0; part = tls.take()) parts.push(part);
	return concat(parts);
}

describe("the handshake", () => {
	test("goes before CONNECT, which goes out encrypted", () => {
		const { setup, tls } = opened();
		expect(tls.take()[0]).toBe(0x10);
		expect(tls.records.map(({ type, encrypted }) => [type, encrypted])).toEqual([
			[Content.HANDSHAKE, false],
			[Content.HANDSHAKE, false],
			[Content.CHANGE_CIPHER_SPEC, false],
			[Content.HANDSHAKE, true],
			[Content.APPLICATION_DATA, true],
		]);
		tls.send(CONNACK());
		expect(setup.news()).toEqual(["connected false"]);
	});

	test("works with bytes one by one, both ways", () => {
		const { setup, tls } = dial({}, { room: 40, shortRead: 1 });
		setup.peer.open();
		tls.talk((bytes) => Array.from(bytes, (byte) => Buffer.of(byte)));
		// CONNECT needs more room than there ever is.
		expect(tls.records.length).toBe(4);
		expect(setup.client.state).toBe(State.CONNECTING);
		expect(setup.news()).toEqual([]);
	});

	test("what came is read before more of our flight goes: a broker that has refused is gone", () => {
		const { setup, tls } = dial({}, { room: 100 });
		const { socket } = setup.peer;
		setup.peer.open();
		tls.absorb();
		const { length } = socket.writes;
		socket.arrive(tls.encrypt());
		// As much as there was room for.
		expect(socket.writes.slice(length).map((each) => each.length)).toEqual([100]);
		socket.broken = true;
		socket.options.onWritable.call(socket, 100);
		socket.arrive(alert(2, 40));
		setup.clock.advance(1);
		expect(setup.news()[0]).toBe(`disconnected ${reasons.HANDSHAKE_REFUSED}`);
	});

	test.each([100, 150, 1536])("tells of the room that is left for the app, of %d bytes", (room) => {
		const { setup, tls } = opened({ clientId: "c".repeat(200), clean: true }, { room });
		const connect = drain(tls);
		expect(connect.length).toBe(215);
		const sizes = tls.records.filter(({ type }) => type === Content.APPLICATION_DATA).map((it) => it.length);
		expect(Math.max(...sizes)).toBeLessThanOrEqual(room - 96 + 24);
		expect(setup.peer.socket.overruns).toBe(0);
	});

	const ends: [string, () => TlsOptions, () => Script, unknown][] = [
		[
			"an authority that nobody knows",
			() => ({ ca: selfSigned().pem }),
			() => scriptOf(broker, authority.own),
			reasons.UNKNOWN_CA,
		],
		[
			"another name",
			() => ({ ca: authority.own.pem, serverName: "other.test" }),
			() => scriptOf(broker, authority.own),
			reasons.WRONG_NAME,
		],
		[
			"another pin",
			() => ({ pin: "00".repeat(32) }),
			() => scriptOf(broker, authority.own),
			reasons.WRONG_PIN,
		],
		[
			"no certificate",
			() => ({ pin: broker.pin }),
			() => ({ ...scriptOf(broker, authority.own), chain: [] }),
			reasons.TLS_PROTOCOL,
		],
		[
			"hash 0",
			() => ({ pin: broker.pin }),
			() => scriptOf(broker, authority.own, { signature: [0, 1], key: undefined }),
			reasons.TLS_PROTOCOL,
		],
		[
			"a signature of nothing",
			() => ({ pin: broker.pin }),
			() => scriptOf(broker, authority.own, { key: undefined }),
			reasons.WRONG_SIGNATURE,
		],
		[
			"a false Finished",
			() => ({ pin: broker.pin }),
			() => scriptOf(broker, authority.own, { falseFinished: true }),
			reasons.TLS_PROTOCOL,
		],
	];

	test.each(ends)("ends with its reason: %s", (_what, options, script, reason) => {
		const { setup, tls } = dialed(options(), script());
		setup.peer.open();
		tls.talk();
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(tls.records.some(({ type }) => type === Content.APPLICATION_DATA)).toBe(false);
	});

	test.each(["TCP", "close_notify", "an alert"])(
		"is over with the end by %s, at each of its steps",
		(how) => {
			for (let step = 0; step < 6; step++) {
				const { setup, tls } = dial();
				setup.peer.open();
				let count = 0;
				tls.talk((bytes) => {
					if (count++ < step) return [bytes];
					return count - 1 > step || how === "TCP"
						? []
						: [alert(how === "close_notify" ? 1 : 2, how === "close_notify" ? 0 : 80)];
				});
				setup.peer.end();
				const reason = how === "TCP" ? reasons.HANDSHAKE_LOST : reasons.TLS_PROTOCOL;
				expect(setup.news()).toEqual([`disconnected ${reason}`]);
				tls.absorb();
				expect(tls.records.some(({ type }) => type === Content.APPLICATION_DATA)).toBe(false);
			}
		},
	);

	test.each(["lwip", "lin", "node"] as const)(
		"an alert and the end of TCP together: the alert tells why, %s",
		(end) => {
			const { setup, tls } = dial({}, { end });
			setup.peer.open();
			tls.absorb();
			setup.peer.socket.arrive(alert(2, 70));
			if (!setup.peer.socket.closed) setup.peer.end();
			expect(setup.news()).toEqual([`disconnected ${reasons.TLS_VERSION}`]);
		},
	);

	test("without TCP there is none", () => {
		const { setup } = dial();
		setup.peer.fail();
		expect(setup.news()).toEqual([`disconnected ${CONNECT_FAILED}`]);
	});

	test("silence is over after connectTimeout", () => {
		const { setup } = dial({ connectTimeout: 5000 });
		const { socket } = setup.peer;
		setup.peer.open();
		setup.clock.advance(5000);
		expect(setup.news()).toEqual([`disconnected ${CONNECT_TIMEOUT}`]);
		expect(socket.closed).toBe(true);
		expect(setup.clock.timers).toBe(1); // the client's own
	});

	test("an error of the app's in it reaches the app", () => {
		const { setup, tls } = dial({
			username: "u",
			password: () => {
				throw new Error("mine");
			},
		});
		setup.peer.open();
		expect(() => tls.talk()).toThrow("mine");
		expect(setup.news()).toEqual([`disconnected ${NO_CREDENTIALS}`]);
		expect(setup.clock.timers).toBe(1);
	});

	test("comes again at the next attempt, and works", () => {
		const { setup, tls } = connected();
		setup.client.publish("t", "x", 1);
		expect(listing(drain(tls))).toEqual(listing(PUBLISH("t", "x", { qos: 1, id: 1 })));
		setup.peer.fail();
		expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
		setup.redial();
		const next = new TlsPeer(setup.peer, scriptOf(broker, authority.own));
		setup.peer.open();
		next.talk();
		expect(next.take()[0]).toBe(0x10);
		next.send(CONNACK(true));
		expect(listing(drain(next))).toEqual(listing(PUBLISH("t", "x", { qos: 1, id: 1, dup: true })));
	});
});

describe("who says that it is good", () => {
	/** With a session that is changed. */
	function with_(change: (session: NodeSession) => void, tls: TlsOptions = { ca: authority.own.pem }) {
		class Changed extends NodeSession {
			constructor(options: ConstructorParameters<typeof NodeSession>[0]) {
				super(options);
				change(this);
			}
		}
		const setup = new Setup(withTls(tls, { host: "127.0.0.1" }, Changed));
		const peer = new TlsPeer(setup.peer, scriptOf(broker, authority.own));
		setup.peer.open();
		peer.talk();
		return { setup, tls: peer };
	}

	const expectRefused = (
		{ setup, tls }: ReturnType<typeof with_>,
		reason: unknown = reasons.TLS_PROTOCOL,
	) => {
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
		expect(tls.records.some(({ type }) => type === Content.APPLICATION_DATA)).toBe(false);
	};

	test("a session alone: nothing was said yet", () => {
		expectRefused(
			with_((session) => {
				session.handshake = () => true;
			}),
		);
	});

	test("a session that has not asked for our judgement", () => {
		expectRefused(
			with_((session) => {
				const { ownManager } = session;
				Object.defineProperty(session, "certificateManager", { get: () => ownManager, set() {} });
				ownManager.verify = () => true;
			}),
		);
	});

	test("a session that goes on though our judgement was no", () => {
		expectRefused(
			with_(
				(session) => {
					let manager = session.certificateManager;
					Object.defineProperty(session, "certificateManager", {
						get: () => ({
							...session.ownManager,
							verify: (...args: Parameters<typeof manager.verify>) => manager.verify(...args) || true,
						}),
						set(value) {
							manager = value;
						},
					});
				},
				{ pin: "11".repeat(32) },
			),
			reasons.TLS_PROTOCOL,
		);
	});

	test("a session that has an alert", () => {
		expectRefused(
			with_((session) => {
				const { handshake } = session;
				session.handshake = function (socket) {
					const over = handshake.call(this, socket);
					if (over) this.alert = { level: 1, description: 0 };
					return over;
				};
			}),
		);
	});

	test("a session that never says so", () => {
		expectRefused(
			with_((session) => {
				const { handshake } = session;
				session.handshake = function (socket) {
					handshake.call(this, socket);
					return false;
				};
			}),
		);
	});

	test("the session's own check returns false: it has its say with a CA", () => {
		const change = (session: NodeSession) => {
			session.ownManager.verify = () => false;
		};
		expectRefused(with_(change), reasons.CERTIFICATE_UNSUPPORTED);
		const { setup } = with_(change, { pin: broker.pin });
		expect(setup.news()).toEqual([]);
	});

	test("the session's own check throws: ours has said that it is good", () => {
		const { setup } = with_((session) => {
			session.ownManager.verify = () => {
				throw new TypeError("invalid buffer");
			};
		});
		expect(setup.news()).toEqual([]);
	});

	test("it is asked about the good path, under the broker's name, after its authority is registered", () => {
		with_(() => {});
		const { asked, registered } = NodeSession.last.ownManager;
		expect(asked.length).toBe(1);
		expect(asked[0]).toEqual([[broker.der, broker.der], { tls_server_name: "127.0.0.1" }]);
		expect(new Uint8Array(registered[0])).toEqual(authority.own.der);
	});

	test("the broker's own certificate among the authorities is good as a pin is", () => {
		const own = selfSigned({ names: "IP:127.0.0.1" });
		const setup = new Setup(withTls({ ca: own.pem }, { host: "127.0.0.1" }));
		const peer = new TlsPeer(setup.peer, { chain: [own.der], key: own.key });
		setup.peer.open();
		peer.talk();
		expect(peer.take()[0]).toBe(0x10);
		expect(NodeSession.last.ownManager.asked).toEqual([]);
		own.remove();
	});
});

describe("what the session gets", () => {
	const optionsFor = (tls: TlsOptions, host: string) => {
		const place = new Place();
		const factory = tlsLayer(capabilityOf(place))(
			tls,
			{
				open: (_host, address, port, target) =>
					new place.network.socket.io({
						address,
						port,
						noDelay: true,
						target,
						onReadable() {},
						onWritable(count) {
							target.onWritable(count);
						},
						onError() {},
					}),
			},
			[host],
		);
		const owner = { stream: undefined, input: { onReadable() {} }, onWritable() {}, onError() {} };
		factory.open(host, "127.0.0.1", 8883, owner);
		place.peer.open();
		const { now } = Date;
		Date.now = () => 0; // as on a board that has just begun
		try {
			return { options: NodeSession.last.options, awaitsClock: factory.awaitsClock };
		} finally {
			Date.now = now;
		}
	};
	const bare = { protocolVersion: 0x303, cache: false };

	test("with an authority: its own check, the host's name, shorter records", () => {
		expect(optionsFor({ ca: authority.own.pem }, "broker.test")).toEqual({
			options: { ...bare, verify: true, serverName: "broker.test", tls_max_fragment_length: 4096 },
			awaitsClock: true,
		});
	});

	test("with a pin alone no check of its own, and no clock; records as long as TLS has them are not asked for", () => {
		const found = optionsFor({ pin: broker.pin, fragmentLength: 16_384 }, "broker.test.");
		expect(found).toEqual({
			options: { ...bare, verify: false, serverName: "broker.test" },
			awaitsClock: false,
		});
		expect(Object.keys(found.options).sort()).toEqual(["cache", "protocolVersion", "serverName", "verify"]);
	});

	test.each(["10.0.0.1", "::1", "fe80::1"])("an address is no server name: %s", (host) => {
		expect("serverName" in optionsFor({ pin: broker.pin }, host).options).toBe(false);
	});

	test("what was asked for", () => {
		const client = authority.issue({ name: "device" });
		const { options } = optionsFor(
			{
				ca: authority.own.pem,
				certificate: client.pem,
				key: client.key,
				serverName: "other.test",
				alpn: "x-amzn-mqtt-ca",
				fragmentLength: 512,
			},
			"10.0.0.1",
		);
		expect(options).toMatchObject({
			serverName: "other.test",
			applicationLayerProtocolNegotiation: ["x-amzn-mqtt-ca"],
			tls_max_fragment_length: 512,
			clientCertificates: [client.der],
			clientKey: expect.any(Uint8Array),
		});
	});

	test("our certificate goes out when the broker asks, and a refusal of it is known", () => {
		const client = authority.issue({ name: "device" });
		const request = message(Message.CERTIFICATE_REQUEST, Buffer.of(1, 1, 0, 2, 4, 1, 0, 0));
		const flight = (messages: Buffer[]) => [...messages.slice(0, 3), request, messages[3]];
		for (const refuses of [false, true]) {
			const { setup, tls } = dialed(
				{ ca: authority.own.pem, certificate: client.pem, key: client.key },
				scriptOf(broker, authority.own, { flight }),
			);
			setup.peer.open();
			tls.talk((bytes) => (refuses && bytes[0] === Content.CHANGE_CIPHER_SPEC ? [alert(2, 48)] : [bytes]));
			expect(
				tls.records.filter(({ type, encrypted }) => type === Content.HANDSHAKE && !encrypted).length,
			).toBe(4);
			if (refuses) expect(setup.news()).toEqual([`disconnected ${reasons.CLIENT_CERTIFICATE_REFUSED}`]);
			else expect(tls.take()[0]).toBe(0x10);
		}
	});
});

describe("messages go out", () => {
	const topic = new Topic("t");
	const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

	test.each<QoS>([0, 1, 2])("a record each, the same ones too, at QoS %d", (qos) => {
		const { setup, tls } = connected({ window: 8 });
		const { client } = setup;
		for (let i = 0; i < 12; i++) {
			const id = client.publish(topic, bytes(`value${i % 3}`), qos);
			expect(listing(tls.take())).toEqual(listing(PUBLISH("t", `value${i % 3}`, { qos, id })));
			if (qos === 1) tls.send(PUBACK(id));
			if (qos !== 2) continue;
			tls.send(PUBREC(id));
			expect(listing(tls.take())).toEqual(listing(PUBREL(id)));
			tls.send(PUBCOMP(id));
		}
		expect(client.held).toBe(0);
		expect(setup.peer.socket.overruns).toBe(0);
	});

	test.each([300, 1536, 20_000])("long payloads in pieces, with %d bytes of room", (room) => {
		const { setup, tls } = connected({ storeSize: 40_000, packetSize: 30_000 }, { room });
		for (const length of [100, 511, 4095, 4096, 4097, 9000, 25_000]) {
			const payload = Uint8Array.from({ length }, (_, i) => i * 7);
			setup.client.publish(topic, payload, 0);
			expect(listing(drain(tls))).toEqual(listing(PUBLISH("t", payload)));
		}
		expect(Math.max(...tls.records.map((it) => it.length))).toBeLessThanOrEqual(4096 + 24);
		expect(setup.peer.socket.overruns).toBe(0);
		expect(setup.news()).toEqual([]);
	});

	test("payloads that the app writes part by part", () => {
		const { setup, tls } = connected({}, { room: 400 });
		const payload = Uint8Array.from({ length: 3000 }, (_, i) => i * 7);
		setup.client.publishFrom(
			topic,
			3000,
			(offset, view) => {
				view.set(payload.subarray(offset, offset + view.length));
				return Math.min(view.length, 3000 - offset);
			},
			0,
			false,
		);
		expect(listing(drain(tls))).toEqual(listing(PUBLISH("t", payload)));
	});

	test("a backlog, in order, as there is room", () => {
		const { setup, tls } = connected({ storeSize: 8192, window: 64 }, { room: 400 });
		const sent: Uint8Array[] = [];
		for (let i = 0; i < 60; i++) {
			const id = setup.client.publish(topic, bytes(`message ${i}`), (i % 2) as QoS);
			expect(id).toBeGreaterThanOrEqual(0);
			sent.push(PUBLISH("t", `message ${i}`, { qos: (i % 2) as QoS, id }));
		}
		expect(listing(drain(tls))).toEqual(listing(concat(sent)));
		expect(setup.peer.socket.overruns).toBe(0);
	});

	const throwing = () => {
		throw new Error("too large");
	};

	test.each([
		["the session throws", () => void (NodeSession.last.onWrite = throwing)],
		["TCP throws", ({ peer }: Setup) => void (peer.socket.refusals = 1)],
		["TCP has failed", ({ peer }: Setup) => peer.failSilently()],
	] as [string, (setup: Setup) => void][])(
		"a write that cannot go ends the connection, for its record would be missing: %s",
		(_how, spoil) => {
			const { setup, tls } = connected();
			const { client } = setup;
			client.publish(topic, "first", 1);
			drain(tls);
			const stream = Reflect.get(client, "connection").stream;
			spoil(setup);
			expect(client.publish(topic, "second", 1)).toBe(2);
			expect(setup.news()).toEqual([]);
			// Nothing goes behind it.
			NodeSession.last.onWrite = () => {};
			expect(stream.write(bytes("x"))).toBe(undefined);
			setup.clock.advance(1);
			expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
			expect(setup.peer.socket.closed).toBe(true);
			expect(stream.write(bytes("x"))).toBe(undefined);
			expect(client.held).toBe(2);
		},
	);

	test("what does not fit is refused before the session knows of it, and so is all before the end of the handshake", () => {
		const { setup, tls } = connected({}, { room: 300 });
		const { stream } = Reflect.get(setup.client, "connection");
		expect(() => stream.write(new Uint8Array(205))).toThrow("would block");
		expect(stream.write(new Uint8Array(204))).toBe(0);
		expect(tls.take().length).toBe(204);
		const early = dial();
		early.setup.peer.open();
		const { stream: closed } = Reflect.get(early.setup.client, "connection");
		expect(() => closed.write(new Uint8Array(1))).toThrow("not ready");
	});
});

describe("messages come in", () => {
	const publish = (i: number, length = 20) => PUBLISH("in", `${i}`.padEnd(length, "."));

	test("several records at once, one after the other", () => {
		const { setup, tls } = connected();
		tls.send(...Array.from({ length: 20 }, (_, i) => publish(i)));
		expect(setup.news()).toEqual(
			Array.from({ length: 20 }, (_, i) => `message in=${`${i}`.padEnd(20, ".")}`),
		);
	});

	test("cut anywhere, as records and by TCP, and while the app pauses now and then", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
				fc.array(fc.nat(2500), { maxLength: 20 }),
				fc.array(fc.nat(30), { maxLength: 4 }),
				fc.constantFrom<Quirks>({}, { shortRead: 1 }, { shortRead: 5 }),
				(lengths, cuts, pauses, quirks) => {
					const texts: string[] = [];
					const line = connected(
						{
							onMessage: (it: MqttMessage) => {
								texts.push(it.text());
								if (pauses.includes(texts.length)) line.setup.client.pause();
							},
						},
						{ room: 1536, ...quirks },
					);
					const { setup, tls } = line;
					const all = concat(Array.from({ length: 30 }, (_, i) => publish(i, 8 + ((i * 13) % 90))));
					const parts: Uint8Array[] = [];
					for (let at = 0, i = 0; at < all.length; at += lengths[i++ % lengths.length])
						parts.push(all.slice(at, at + lengths[i % lengths.length]));
					setup.peer.sendCut(
						tls.encrypt(...parts),
						[...cuts].sort((a, b) => a - b),
					);
					for (let i = 0; i < 10; i++) {
						setup.client.resume();
						setup.clock.advance(5);
					}
					expect(texts.map((text) => Number.parseInt(text, 10))).toEqual(texts.map((_, i) => i));
					expect(texts.length).toBe(30);
					expect(setup.news()).toEqual([]);
				},
			),
			{ numRuns: 60 },
		);
	});

	test("while the app has paused nothing more is read from TCP than the record at hand", () => {
		const { setup, tls } = connected();
		const { client, peer } = setup;
		client.pause();
		tls.send(publish(1), publish(2), publish(3));
		const { unread } = peer.socket;
		expect(unread).toBeGreaterThan(100);
		setup.clock.advance(1000);
		expect(peer.socket.unread).toBe(unread);
		client.resume();
		setup.clock.advance(1);
		expect(setup.news().length).toBe(3);
		expect(peer.socket.unread).toBe(0);
		const { fired } = setup.clock;
		setup.clock.advance(1000);
		expect(setup.clock.fired - fired).toBeLessThan(3); // it sleeps again
	});

	test("the rest of a record that the app did not want to see goes on when it resumes in a handler", () => {
		const { setup, tls } = connected({
			onMessage: (it) => {
				setup.log.push(it.text()[0]);
				setup.client.pause();
				setup.client.resume();
			},
		});
		tls.send(concat([publish(1), publish(2)]), publish(3));
		setup.clock.advance(2);
		expect(setup.news()).toEqual(["1", "2", "3"]);
	});

	test("a handler that throws: its error is passed on, and what comes behind is read", () => {
		const { setup, tls } = connected({
			onMessage: (it) => {
				setup.log.push(it.text()[0]);
				if (it.text()[0] !== "3") throw new Error("mine");
			},
		});
		expect(() => tls.send(concat([publish(1), publish(2)]), publish(3))).toThrow("mine");
		expect(() => setup.clock.advance(1)).toThrow("mine");
		setup.clock.advance(2);
		expect(setup.news()).toEqual(["1", "2", "3"]);
	});

	test("a handler that closes the client: nothing more is read", () => {
		const { setup, tls } = connected({
			onMessage: (it) => {
				setup.log.push(it.text()[0]);
				setup.client.close();
			},
		});
		tls.send(publish(1), publish(2));
		setup.clock.advance(1000);
		expect(setup.news()[0]).toBe("1");
		expect(setup.news()).toEqual([]);
		expect(setup.clock.timers).toBe(0);
	});

	test("records without content are skipped, but not for ever", () => {
		const { setup, tls } = connected();
		const empty = (count: number) => Array.from({ length: count }, () => new Uint8Array(0));
		tls.send(...empty(30), publish(1), ...empty(30), publish(2), ...empty(32));
		expect(setup.news().length).toBe(2);
		tls.send(...empty(1));
		expect(setup.news()).toEqual([`disconnected ${reasons.TLS_PROTOCOL}`]);
	});

	test.each([512, 4096, 16_384] as const)("records of %d bytes, and none longer", (fragmentLength) => {
		const { setup, tls } = dialed(
			{ ca: authority.own.pem, fragmentLength },
			scriptOf(broker, authority.own),
			{ receiveSize: 20_000 },
		);
		setup.peer.open();
		tls.talk();
		tls.send(CONNACK());
		setup.news();
		const packet = PUBLISH("in", "x".repeat(fragmentLength - (fragmentLength > 16_000 ? 8 : 7)));
		expect(packet.length).toBeLessThanOrEqual(fragmentLength);
		tls.send(packet);
		expect(setup.news().length).toBe(1);
		tls.send(new Uint8Array(fragmentLength + 1));
		expect(setup.news()).toEqual([`disconnected ${reasons.RECORD_TOO_LONG}`]);
		expect(fragmentLength).toBeGreaterThan(0);
	});

	test("a record that was changed on its way", () => {
		const { setup, tls } = connected();
		const record = tls.encrypt(publish(1));
		record[20] ^= 1;
		setup.peer.send(record);
		expect(setup.news()).toEqual([`disconnected ${reasons.TLS_PROTOCOL}`]);
	});
});

describe("the end", () => {
	const publish = (i: number) => PUBLISH("in", `${i}`);

	test("close_notify is one", () => {
		const { setup, tls } = connected();
		setup.peer.send(concat([tls.encrypt(publish(1)), tls.closeNotify()]));
		expect(setup.news()).toEqual(["message in=1", `disconnected ${CONNECTION_LOST}`]);
	});

	test.each([
		[48, reasons.CLIENT_CERTIFICATE_REFUSED],
		[80, reasons.TLS_PROTOCOL],
	])("alert %d, encrypted", (description, reason) => {
		const { setup, tls } = connected();
		tls.server.sendProtected(Content.ALERT, Buffer.of(2, description));
		tls.send();
		tls.talk();
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
	});

	test.each(["lwip", "node"] as const)("of TCP, with messages unread: they come first, %s", (end) => {
		const { setup, tls } = connected({}, { end });
		setup.client.pause();
		tls.send(publish(1), publish(2), publish(3));
		setup.peer.end();
		setup.clock.advance(100);
		expect(setup.news()).toEqual([]);
		setup.client.resume();
		setup.clock.advance(3);
		expect(setup.news()).toEqual([
			...[1, 2, 3].map((i) => `message in=${i}`),
			`disconnected ${CONNECTION_LOST}`,
		]);
	});

	test.each(["open", "in the handshake", "being connected"])(
		"of a stream below that says why, %s",
		(when) => {
			const { setup, tls } = when === "open" ? connected() : dial();
			if (when === "in the handshake") setup.peer.open();
			Reflect.get(setup.client, "connection").stream.onError(NO_REPLY);
			expect(setup.news()).toEqual([`disconnected ${NO_REPLY}`]);
			expect(tls.take().length).toBe(0);
		},
	);

	test("after a write that failed, messages unread come first too", () => {
		const { setup, tls } = connected();
		setup.client.pause();
		tls.send(publish(1));
		setup.peer.failSilently();
		setup.client.publish("t", "x", 1);
		setup.clock.advance(100);
		expect(setup.news()).toEqual([]);
		setup.client.resume();
		setup.clock.advance(1);
		expect(setup.news()).toEqual(["message in=1", `disconnected ${CONNECTION_LOST}`]);
	});

	test("of a stream that is closed: no event of TCP's, no timer, does anything", () => {
		const { setup, tls } = connected();
		const { socket } = setup.peer;
		const bytes = tls.encrypt(publish(1));
		setup.client.close();
		expect(setup.news().length).toBe(1);
		expect(setup.clock.timers).toBe(0);
		socket.arrive(bytes);
		socket.options.onWritable.call(socket, 1000);
		socket.options.onError.call(socket);
		setup.clock.advance(1000);
		expect(setup.news()).toEqual([]);
	});

	test("a broker that is gone without a word is found out", () => {
		const { setup } = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		setup.clock.advance(6000);
		expect(setup.news()).toEqual([`disconnected ${NO_REPLY}`]);
	});
});

describe("a stream cannot be opened", () => {
	test("no socket: no timer is left behind", () => {
		const place = new Place();
		const factory = tlsLayer(capabilityOf(place))(
			{ pin: broker.pin },
			{
				open() {
					throw new Error("no socket");
				},
			},
			["h"],
		);
		const owner = { stream: undefined, input: { onReadable() {} }, onWritable() {}, onError() {} };
		expect(() => factory.open("h", "1.2.3.4", 1, owner)).toThrow("no socket");
		expect(place.clock.timers).toBe(0);
	});

	test("a session that cannot be made, or cannot begin, ends the attempt", () => {
		class Broken extends NodeSession {
			override initiateHandshake(): void {
				throw new Error("no memory");
			}
		}
		class Unmakeable extends NodeSession {
			constructor(options: ConstructorParameters<typeof NodeSession>[0]) {
				super(options);
				throw new Error("no memory");
			}
		}
		for (const session of [Broken, Unmakeable] as (new (
			options: SessionOptions,
		) => Session)[]) {
			const setup = new Setup(withTls({ pin: broker.pin }, {}, session));
			setup.peer.open();
			expect(setup.news()).toEqual([`disconnected ${reasons.TLS_PROTOCOL}`]);
			expect(setup.peer.socket.closed).toBe(true);
		}
	});
});

test.each([true, false])(
	"a session that swallows what the guard throws, and says %s, gets no further",
	(says) => {
		class Deaf extends NodeSession {
			override handshake(socket: SessionSocket): boolean {
				try {
					return super.handshake(socket);
				} catch {
					return says;
				}
			}
		}
		const setup = new Setup(withTls({ pin: broker.pin }, {}, Deaf));
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(Uint8Array.of(0x20, 2, 0, 0));
		expect(setup.news()).toEqual([`disconnected ${reasons.TLS_PROTOCOL}`]);
	},
);
