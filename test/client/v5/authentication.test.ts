// Enhanced authentication of a whole client, with a scripted broker: one that is right, and all that a wrong one can do.

import type { IAuthPacket, IConnectPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { crypto } from "../../../hosts/node/crypto.js";
import {
	SCRAM_NO_PROOF,
	SCRAM_NONCE,
	SCRAM_WRONG_PROOF,
	Scram,
	type ScramOptions,
} from "../../../src/authentication/index.js";
import { State } from "../../../src/client.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import {
	CLOSED_BY_APP,
	CONNECT_TIMEOUT,
	CONNECTION_LOST,
	NO_REPLY,
} from "../../../src/connection/reasons.js";
import {
	AUTH_CODE,
	AUTH_METHOD,
	AUTH_TOO_LONG,
	AUTH_UNEXPECTED,
	AUTHENTICATOR_FAILED,
	AUTHENTICATOR_LATE,
} from "../../../src/connection/v5/authentication.js";
import type { Reason } from "../../../src/wire/reason.js";
import { bytes, ScramServer } from "../../support/scram.js";
import { Setup5 } from "../../support/setup5.js";

const METHOD = "SCRAM-SHA-256";
const CONTINUE = 0x18;

const properties = (data: Uint8Array | undefined, method: string | undefined) => ({
	...(method === undefined ? {} : { authenticationMethod: method }),
	...(data === undefined ? {} : { authenticationData: Buffer.from(data) }),
});
const auth = (reasonCode: number, data?: Uint8Array, method: string | undefined = METHOD) =>
	({ cmd: "auth", reasonCode, properties: properties(data, method) }) as Packet;
const connack = (data?: Uint8Array, method: string | undefined = METHOD) =>
	({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties: properties(data, method) }) as Packet;

class Trial extends Setup5 {
	readonly server = new ScramServer();

	constructor(scram: Partial<ScramOptions> = {}, options: Partial<ClientOptions> = {}) {
		super((place) => ({
			authentication: new Scram({
				...place.network,
				crypto,
				username: "user",
				password: "pencil",
				...scram,
			}),
			onReauthenticated: () => this.log.push("reauthenticated"),
			...options,
		}));
	}

	/** The authentication data of the one packet that the client has sent. */
	data(cmd: "connect" | "auth", reasonCode?: number): Uint8Array {
		const [packet, ...more] = this.sent() as (IConnectPacket | IAuthPacket)[];
		expect([packet?.cmd, (packet as IAuthPacket)?.reasonCode, more]).toEqual([cmd, reasonCode, []]);
		expect(packet.properties?.authenticationMethod).toBe(METHOD);
		return packet.properties!.authenticationData!;
	}

	/** Up to the broker's proof, which is returned. @param derives whether the password is worked out */
	prove(derives = true): Uint8Array {
		this.peer.open();
		this.send(auth(CONTINUE, this.server.challenge(this.data("connect"))));
		if (derives) {
			expect(this.sent()).toEqual([]);
			this.clock.advance(1000);
		}
		return this.server.judge(this.data("auth", CONTINUE));
	}

	connected(): this {
		this.send(connack(this.prove()));
		expect(this.news()).toEqual(["connected false"]);
		return this;
	}

	/** The client has ended the connection for this reason, with DISCONNECT and this code. */
	expectRefusal(reason: Reason, code: number): void {
		expect(this.news()).toEqual([`disconnected ${reason}`]);
		expect((this.sent() as IDisconnectPacket[]).map(({ cmd, reasonCode }) => [cmd, reasonCode])).toEqual([
			["disconnect", code],
		]);
		expect(this.peer.socket.closed).toBe(true);
	}
}

test("[5.0 MQTT-3.1.2-30] nothing but AUTH goes before both have proved themselves, then what was held", () => {
	const trial = new Trial();
	expect(trial.client.publish("a", "b", 1)).toBe(1);
	const proof = trial.prove();
	expect(trial.sent()).toEqual([]);
	trial.send(connack(proof));
	expect(trial.news()).toEqual(["connected false"]);
	expect(trial.exchange()).toEqual(["publish 1 qos1"]);
});

test("[5.0 MQTT-4.12.0-3] [5.0 MQTT-4.12.0-5] [5.0 MQTT-3.15.1-1] [5.0 MQTT-3.15.2-1] the broker's AUTH is answered with one of code 0x18 and the same method", () => {
	const trial = new Trial();
	trial.prove();
	const [connect, auth, ...more] = trial.connections[0] as [IConnectPacket, IAuthPacket];
	expect(connect).toMatchObject({ cmd: "connect", properties: { authenticationMethod: METHOD } });
	expect(auth).toMatchObject({
		cmd: "auth",
		reasonCode: CONTINUE,
		properties: { authenticationMethod: METHOD },
	});
	expect(more).toEqual([]);
	const [, sent] = trial.peer.socket.writes;
	expect(sent[0]).toBe(0xf0);
});

test("[5.0 MQTT-3.15.2-2] [5.0 MQTT-3.15.2-3] AUTH has no reason string and no user properties, however small the broker's Maximum Packet Size", () => {
	const trial = new Trial({}, { problemInformation: true, userProperties: [["a", "b"]] }).connected();
	trial.client.reauthenticate();
	const [again] = trial.sent() as IAuthPacket[];
	expect(Object.keys(again.properties!).sort()).toEqual(["authenticationData", "authenticationMethod"]);
});

test("[5.0 MQTT-4.12.0-7] without an authenticator there is no AUTH, whatever the broker sends", () => {
	const plain = new Setup5();
	expect(plain.client.reauthenticate()).toBe(false);
	expect(plain.accept().properties?.authenticationMethod).toBeUndefined();
	expect(plain.client.reauthenticate()).toBe(false);
	plain.news();
	plain.send(auth(CONTINUE, bytes("r=x")));
	expect(plain.news()).toEqual([`disconnected ${AUTH_UNEXPECTED}`]);
	expect(plain.exchange()).toEqual(["disconnect 0x82"]);
});

test("the next connection needs no derivation", () => {
	const trial = new Trial().connected();
	trial.peer.fail();
	trial.redial();
	trial.send(connack(trial.prove(false)));
	expect(trial.client.state).toBe(State.CONNECTED);
});

test("a connection that ends meanwhile takes the derivation with it", () => {
	const trial = new Trial();
	trial.peer.open();
	trial.send(auth(CONTINUE, trial.server.challenge(trial.data("connect"))));
	trial.peer.fail();
	trial.news();
	trial.redial();
	trial.peer.open();
	trial.data("connect");
	trial.clock.advance(1000);
	expect(trial.sent()).toEqual([]);
});

test("close ends the derivation, and the last timer", () => {
	const trial = new Trial();
	trial.peer.open();
	trial.send(auth(CONTINUE, trial.server.challenge(trial.data("connect"))));
	trial.client.close();
	expect(trial.news()).toHaveLength(1);
	trial.clock.advance(100_000);
	expect(trial.news()).toEqual([]);
});

describe("a wrong broker", () => {
	test.each([
		["accepts at once", connack(undefined), SCRAM_NO_PROOF, 0x80],
		["accepts at once, with a proof it cannot have", connack(bytes("v=rmF9")), SCRAM_NO_PROOF, 0x80],
		["[5.0 MQTT-4.12.0-5] accepts without the method", connack(bytes("v=rmF9"), ""), AUTH_METHOD, 0x82],
		[
			"[5.0 MQTT-4.12.0-5] accepts with another method",
			connack(bytes("v=rmF9"), "SCRAM-SHA-1"),
			AUTH_METHOD,
			0x82,
		],
		["[5.0 MQTT-4.12.0-2] sends AUTH with code 0 before CONNACK", auth(0, bytes("v=rmF9")), AUTH_CODE, 0x82],
		[
			"[5.0 MQTT-4.12.0-5] sends AUTH with another method",
			auth(CONTINUE, bytes("r=x"), "PLAIN"),
			AUTH_METHOD,
			0x82,
		],
		["replays a nonce", auth(CONTINUE, bytes("r=fyko,s=QSXCR+Q6,i=4096")), SCRAM_NONCE, 0x80],
		["sends more than fits", auth(CONTINUE, new Uint8Array(2000)), AUTH_TOO_LONG, 0x95],
	] as [string, Packet, Reason, number][])("%s", (_what, packet, reason, code) => {
		const trial = new Trial();
		trial.peer.open();
		trial.data("connect");
		trial.send(packet);
		trial.expectRefusal(reason, code);
	});

	test("accepts after our proof, without its own", () => {
		const trial = new Trial();
		trial.prove();
		trial.send(connack());
		trial.expectRefusal(SCRAM_NO_PROOF, 0x80);
	});

	test("accepts after our proof, with a wrong one", () => {
		const trial = new Trial();
		const proof = trial.prove();
		proof[10] ^= 1;
		trial.send(connack(proof));
		trial.expectRefusal(SCRAM_WRONG_PROOF, 0x80);
	});

	test("is tried again after the longest delay only", () => {
		const trial = new Trial({}, { reconnectMinimum: 1000, reconnectMaximum: 60_000, random: () => 0.99 });
		trial.peer.open();
		trial.sent();
		trial.send(connack());
		trial.clock.advance(50_000);
		expect(trial.place.peers.length).toBe(1);
		trial.clock.advance(20_000);
		expect(trial.place.peers.length).toBe(2);
	});

	test("asks or accepts while we work", () => {
		for (const packet of [auth(CONTINUE, bytes("r=x")), connack(bytes("v=x"))]) {
			const trial = new Trial();
			trial.peer.open();
			trial.send(auth(CONTINUE, trial.server.challenge(trial.data("connect"))));
			trial.send(packet);
			trial.expectRefusal(AUTH_UNEXPECTED, 0x82);
			trial.clock.advance(100);
		}
	});

	test("asks for more than can be done within connectTimeout: that is not the network's fault", () => {
		const trial = new Trial(
			{ ticks: () => 0, timer: { repeat: () => 0, clear: () => {} } },
			{ connectTimeout: 5000 },
		);
		trial.peer.open();
		trial.send(auth(CONTINUE, trial.server.challenge(trial.data("connect"))));
		trial.clock.advance(5000);
		expect(trial.news()).toEqual([`disconnected ${AUTHENTICATOR_LATE}`]);
		expect(AUTHENTICATOR_LATE.fault).toBe("app");
	});

	test("never accepts: connectTimeout ends it", () => {
		const trial = new Trial({}, { connectTimeout: 5000 });
		trial.prove();
		trial.clock.advance(4000 - 100);
		expect(trial.news()).toEqual([]);
		trial.clock.advance(3000);
		expect(trial.news()).toEqual([`disconnected ${CONNECT_TIMEOUT}`]);
	});
});

describe("again", () => {
	/** Begun: what the client has sent is taken. */
	function begun() {
		const trial = new Trial().connected();
		expect(trial.client.reauthenticate()).toBe(true);
		return { trial, first: trial.data("auth", 0x19) };
	}

	test("[5.0 MQTT-4.12.1-1] messages go meanwhile, both ways", () => {
		const { trial, first } = begun();
		const { client, server } = trial;
		expect(client.publish("a", "b", 1)).toBe(1);
		expect(trial.exchange()).toEqual(["publish 1 qos1"]);
		trial.publish("x", "y");
		trial.send(auth(CONTINUE, server.challenge(first)));
		const proof = server.judge(trial.data("auth", CONTINUE));
		trial.acknowledge("puback", 1);
		trial.send(auth(0, proof));
		expect(trial.news().map((line) => line.split(" ")[0])).toEqual([
			"message",
			"delivered",
			"reauthenticated",
		]);
		expect(client.state).toBe(State.CONNECTED);
	});

	test("[5.0 MQTT-4.12.1-2] a wrong proof ends the connection", () => {
		const { trial, first } = begun();
		trial.send(auth(CONTINUE, trial.server.challenge(first)));
		const proof = trial.server.judge(trial.data("auth", CONTINUE));
		proof[10] ^= 1;
		trial.send(auth(0, proof));
		trial.expectRefusal(SCRAM_WRONG_PROOF, 0x80);
	});

	test("without an answer the connection is dead after replyTimeout", () => {
		const { trial } = begun();
		trial.clock.advance(9000);
		expect(trial.news()).toEqual([]);
		trial.clock.advance(3000);
		expect(trial.news()).toEqual([`disconnected ${NO_REPLY}`]);
	});

	test("[5.0 MQTT-4.12.1-1] is refused before and after", () => {
		const trial = new Trial();
		expect(trial.client.reauthenticate()).toBe(false);
		trial.peer.open();
		expect(trial.client.reauthenticate()).toBe(false);
		trial.client.close();
		expect(trial.client.reauthenticate()).toBe(false);
	});

	test("AUTH unasked ends the connection", () => {
		const trial = new Trial().connected();
		trial.send(auth(CONTINUE, bytes("r=x")));
		trial.expectRefusal(AUTH_UNEXPECTED, 0x82);
	});
});

describe("functions of the app's that throw", () => {
	const fail = () => {
		throw new Error("no");
	};

	test("the user name's: there is no CONNECT", () => {
		const trial = new Trial({ username: fail });
		expect(() => trial.peer.open()).toThrow("no");
		expect(trial.sent()).toEqual([]);
		expect(trial.news()).toEqual([`disconnected ${AUTHENTICATOR_FAILED}`]);
	});

	test.each(["username", "password"] as const)(
		"the %s's, once it has closed the client: that is all",
		(name) => {
			const trial: Trial = new Trial({
				[name]: () => {
					trial.client.close();
					return fail();
				},
			});
			expect(() => {
				trial.peer.open();
				trial.send(auth(CONTINUE, trial.server.challenge(trial.data("connect"))));
			}).toThrow("no");
			trial.clock.advance(60_000);
			expect(trial.news()).toEqual([`disconnected ${CLOSED_BY_APP}`]);
			expect(trial.client.state).toBe(State.CLOSED);
			expect(trial.place.peers.length).toBe(1);
		},
	);

	test("the password's: the connection ends, and the next attempt comes", () => {
		const trial = new Trial({ password: fail });
		trial.peer.open();
		const challenge = auth(CONTINUE, trial.server.challenge(trial.data("connect")));
		expect(() => trial.send(challenge)).toThrow("no");
		expect(trial.news()).toEqual([
			expect.stringContaining("the authenticator in the option authentication threw"),
		]);
		trial.redial();
		trial.peer.open();
		trial.data("connect");
	});
});

test.each([
	[{ protocolVersion: 4 as const }, "authentication with protocolVersion 4"],
	[{ pipelining: true }, "pipelining with authentication"],
])("options that cannot go together: %p", (options, message) => {
	expect(() => new Trial({}, options)).toThrow(message);
});

describe("an authenticator of the app's", () => {
	const simple = (answers: number, options: Partial<ClientOptions> = {}) =>
		new Setup5({
			authentication: {
				method: "x",
				begin: () => undefined,
				respond: (_data, answer) => {
					for (let i = 0; i < answers; i++) answer(Uint8Array.of(i));
				},
				finish: () => undefined,
			},
			...options,
		});

	test("that answers twice has one answer sent", () => {
		const setup = simple(2);
		setup.peer.open();
		setup.sent();
		setup.send(auth(CONTINUE, undefined, "x"));
		expect(setup.sent()).toMatchObject([{ cmd: "auth", properties: { authenticationData: Buffer.of(0) } }]);
		expect(setup.news()).toEqual([]);
	});

	test("is not asked about a method that its own is the beginning of", () => {
		const setup = simple(1);
		setup.peer.open();
		setup.sent();
		setup.send(auth(CONTINUE, undefined, "xy"));
		expect(setup.news()).toEqual([`disconnected ${AUTH_METHOD}`]);
	});

	test("has its method recognised in the least memory", () => {
		const setup = simple(1, { propertySize: 32, receiveSize: 1 });
		setup.peer.open();
		setup.sent();
		setup.send(connack(undefined, "x"));
		expect(setup.news()).toEqual(["connected false"]);
	});
});

describe("stop of an authenticator", () => {
	const AGREED = { authenticationMethod: "M" };

	/** One that is accepted, if `stop` lets it. */
	function stopping(stop: (setup: Setup5) => void) {
		const setup: Setup5 = new Setup5({
			authentication: {
				method: "M",
				begin: () => undefined,
				respond: (_data, answer) => answer(undefined),
				finish: () => undefined,
				stop: () => stop(setup),
			},
		});
		return setup;
	}

	test("throws when the broker has accepted: the connection ends, and the next attempt comes", () => {
		let fails = true;
		const setup = stopping(() => {
			if (fails) throw new Error("stop");
		});
		expect(() => setup.accept(false, AGREED)).toThrow("stop");
		expect(setup.exchange()).toEqual(["disconnect 0x80"]);
		expect(setup.news()).toEqual([`disconnected ${AUTHENTICATOR_FAILED}`]);
		expect(setup.peer.socket.closed).toBe(true);
		fails = false;
		setup.redial();
		setup.accept(false, AGREED);
		expect(setup.news()).toEqual(["connected false"]);
	});

	test("throws when the connection is lost, or closed: it is over all the same", () => {
		let fails = false;
		const setup = stopping(() => {
			if (fails) throw new Error("stop");
		});
		setup.accept(false, AGREED);
		setup.news();
		fails = true;
		expect(() => setup.peer.fail()).toThrow("stop");
		expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
		expect(setup.peer.socket.closed).toBe(true);
		setup.redial();
		expect(() => setup.client.close()).toThrow("stop");
		expect(setup.news()).toEqual([`disconnected ${CLOSED_BY_APP}`]);
		expect(setup.client.state).toBe(State.CLOSED);
	});

	test.each(["when the broker has accepted", "when the connection is lost"])(
		"closes the client %s",
		(when) => {
			let closes = when === "when the broker has accepted";
			const setup = stopping(({ client }) => {
				if (closes) client.close();
			});
			setup.accept(false, AGREED);
			setup.news();
			closes = true;
			setup.peer.fail();
			setup.clock.advance(60_000);
			expect(setup.client.state).toBe(State.CLOSED);
			expect(setup.place.peers.length).toBe(1);
		},
	);

	test("cannot begin again when the broker has accepted: there is no connection yet", () => {
		const results: boolean[] = [];
		const setup = stopping(({ client }) => results.push(client.reauthenticate()));
		setup.accept(false, AGREED);
		expect(results).toEqual([false]);
		expect(setup.exchange()).toEqual([]);
	});
});
