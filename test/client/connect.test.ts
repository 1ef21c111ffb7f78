// CONNECT and CONNACK (sections 3.1 and 3.2).

import { State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import * as wire from "../../src/wire/reason.js";
import { Topic } from "../../src/wire/topic.js";
import { CONNACK, field, hex, PINGRESP, PUBACK, PUBLISH, packet, SUBACK, word } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

/** CONNECT by hand: flags, keep alive in seconds, payload fields. */
const CONNECT = (flags: number, keepAlive: number, ...fields: Uint8Array[]) =>
	packet(0x10, field("MQTT"), [4, flags], word(keepAlive), ...fields);

function fail(): never {
	throw new Error("mine");
}

describe("CONNECT", () => {
	test("[MQTT-3.1.2-11][MQTT-3.1.2-13][MQTT-3.1.2-15][MQTT-3.1.2-18][MQTT-3.1.2-20] has client identifier, session kept, and the default keep alive", () => {
		const { peer, client } = new Setup();
		expect(client.state).toBe(State.CONNECTING);
		peer.open();
		expect(client.state).toBe(State.HANDSHAKE);
		peer.expect(CONNECT(0, 60, field("c")));
		expect(peer.writes.length).toBe(1);
	});

	test("goes to the host and port of the options, without delay", () => {
		const { peer } = new Setup({ host: "192.168.7.9", port: 8883 });
		expect(peer.socket.options).toMatchObject({ address: "192.168.7.9", port: 8883, noDelay: true });
	});

	test("[MQTT-3.1.2-19][MQTT-3.1.2-21] has user name and password as text", () => {
		const { peer } = new Setup({ username: "ü", password: "pässword" });
		peer.open();
		peer.expect(CONNECT(0xc0, 60, field("c"), field("ü"), field("pässword")));
	});

	test("has a password of any bytes", () => {
		const { peer } = new Setup({ username: "u", password: Uint8Array.of(0, 255, 0) });
		peer.open();
		peer.expect(CONNECT(0xc0, 60, field("c"), field("u"), field([0, 255, 0])));
	});

	test("asks the password function again at each connect", () => {
		let calls = 0;
		const setup = new Setup({ username: "u", password: () => `p${++calls}` });
		setup.peer.open();
		setup.peer.expect(CONNECT(0xc0, 60, field("c"), field("u"), field("p1")));
		setup.peer.fail();
		const peer = setup.redial();
		peer.open();
		peer.expect(CONNECT(0xc0, 60, field("c"), field("u"), field("p2")));
	});

	test("[MQTT-3.1.2-19][MQTT-3.1.2-20] has a user name alone, also an empty one", () => {
		const { peer } = new Setup({ username: "" });
		peer.open();
		peer.expect(CONNECT(0x80, 60, field("c"), field("")));
	});

	test("[MQTT-3.1.3-3] asks for a clean session, with an empty client identifier", () => {
		const { peer } = new Setup({ clean: true, clientId: "" });
		peer.open();
		peer.expect(CONNECT(2, 60, field("")));
	});

	test("[MQTT-3.1.3-3] takes its client identifier from the device when none is given", () => {
		const { peer } = new Setup({ clientId: undefined });
		peer.open();
		peer.expect(CONNECT(0, 60, field("xs-mqtt-c0ffee")));
	});

	test.each([
		[0, 0],
		[1000, 1],
		[1500, 2],
		[65_535_000, 65_535],
	])("a keep alive of %d ms is %d seconds on the wire", (keepAlive, seconds) => {
		const { peer } = new Setup({ keepAlive });
		peer.open();
		peer.expect(CONNECT(0, seconds, field("c")));
	});

	test.each([
		[{ topic: "w", payload: "gone" }, 0x04],
		[{ topic: new Topic("w"), payload: "gone", qos: 1 as const }, 0x0c],
		[{ topic: "w", payload: "gone", qos: 2 as const, retain: true }, 0x34],
	])("has the will %j", (will, flags) => {
		const { peer, client } = new Setup();
		client.will = will;
		peer.open();
		peer.expect(CONNECT(flags, 60, field("c"), field("w"), field("gone")));
	});

	test("[MQTT-3.1.2-9] has an empty will of its own copy", () => {
		const { peer, client } = new Setup();
		client.will = { topic: "w", payload: new ArrayBuffer(0) };
		peer.open();
		peer.expect(CONNECT(4, 60, field("c"), field("w"), field("")));
	});

	test("[MQTT-3.1.2-9] keeps the will as it was given", () => {
		const { peer, client } = new Setup();
		const payload = Uint8Array.of(1, 2);
		client.will = { topic: "w", payload };
		payload.fill(9);
		peer.open();
		peer.expect(CONNECT(4, 60, field("c"), field("w"), field([1, 2])));
	});

	test("[MQTT-3.1.3-1] has all fields in the order of section 3.1.3", () => {
		const setup = new Setup({ clean: true, username: "u", password: "p", keepAlive: 10_000 });
		setup.client.will = { topic: "w", payload: "x", qos: 1, retain: true };
		setup.peer.open();
		setup.peer.expect(CONNECT(0xee, 10, field("c"), field("w"), field("x"), field("u"), field("p")));
	});

	test("goes in pieces through a socket with less room, and nothing goes in between", () => {
		const setup = new Setup({ username: "u".repeat(1500), password: "p".repeat(1500) }, { room: 600 });
		setup.client.publish("t", "x");
		setup.peer.open();
		expect(setup.peer.writes.map((write) => write.length)).toEqual([600]);
		setup.peer.expect(CONNECT(0xc0, 60, field("c"), field("u".repeat(1500)), field("p".repeat(1500))));
		setup.peer.send(CONNACK());
		setup.peer.expect(PUBLISH("t", "x"));
	});

	test("takes the will of the moment when it is written: set, replaced, cleared, set again", () => {
		const setup = new Setup();
		const { client } = setup;
		const expectWill = (...parts: Uint8Array[]) =>
			setup.peer.expect(CONNECT(parts.length > 0 ? 4 : 0, 60, field("c"), ...parts));
		client.will = { topic: "w", payload: "first" };
		client.will = { topic: "w", payload: "second" };
		setup.peer.open();
		expectWill(field("w"), field("second"));
		client.will = { topic: "w", payload: "third" };
		setup.peer.send(CONNACK());
		setup.peer.expect();
		setup.peer.fail();
		setup.redial().open();
		expectWill(field("w"), field("third"));
		setup.peer.fail();
		client.will = undefined;
		setup.redial().open();
		expectWill();
		setup.peer.send(CONNACK());
		client.will = { topic: "v", payload: "" };
		setup.peer.fail();
		setup.redial().open();
		expectWill(field("v"), field(""));
	});

	test("a will that breaks a rule leaves the one that is set", () => {
		const { peer, client } = new Setup();
		client.will = { topic: "w", payload: "good" };
		for (const wrong of [
			{ topic: "w/#", payload: "" },
			{ topic: "w", payload: "", retain: "false" },
			null,
			5,
		])
			expect(() => {
				client.will = wrong as never;
			}).toThrow(/wildcard|will\.retain is false, of type string|the will is/);
		peer.open();
		peer.expect(CONNECT(4, 60, field("c"), field("w"), field("good")));
	});

	test("asks functions for user name and password each time", () => {
		let turn = 0;
		const setup = new Setup({ username: () => `u${++turn}`, password: () => `p${turn}` });
		for (const name of ["1", "2"]) {
			setup.peer.open();
			setup.peer.expect(CONNECT(0xc0, 60, field("c"), field(`u${name}`), field(`p${name}`)));
			setup.peer.fail();
			setup.redial();
		}
		const { peer } = new Setup({ username: () => "alone" });
		peer.open();
		peer.expect(CONNECT(0x80, 60, field("c"), field("alone")));
	});

	test.each([
		["throws", fail, "mine"],
		["gives a lone surrogate", () => "u\ud800", /username has a lone surrogate at index 1/],
		["gives nothing", () => undefined as never, /username must be a string/],
	])("a user name function that %s ends the attempt", (_what, username, error) => {
		const setup = new Setup({ username });
		expect(() => setup.peer.open()).toThrow(error);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_CREDENTIALS}`]);
		setup.peer.expect();
		expect(setup.client.state).toBe(State.WAITING);
	});

	test("a password function that throws ends the attempt, and its error is the app's to see", () => {
		const error = new Error("no password today");
		const setup = new Setup({
			username: "u",
			password: () => {
				throw error;
			},
		});
		expect(() => setup.peer.open()).toThrow(error);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_CREDENTIALS}`]);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.client.state).toBe(State.WAITING);
		expect(hex(setup.peer.take())).toBe("");
	});

	test("a password function may close the client", () => {
		const setup: Setup = new Setup({
			username: "u",
			password: () => {
				setup.client.close();
				return "p";
			},
		});
		setup.peer.open();
		setup.peer.expect();
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.news()).toEqual([`disconnected ${reasons.CLOSED_BY_APP}`]);
	});
});

describe("CONNACK", () => {
	test.each([false, true])("accepts, and tells that a session is present: %s", (sessionPresent) => {
		const setup = new Setup();
		setup.peer.accept(sessionPresent);
		expect(setup.client.state).toBe(State.CONNECTED);
		expect(setup.news()).toEqual([`connected ${sessionPresent}`]);
		expect(setup.client.statistics).toMatchObject({ attempts: 1, connects: 1, disconnects: 0 });
	});

	test("comes in two halves", () => {
		const setup = new Setup();
		setup.peer.open();
		setup.peer.take();
		setup.peer.sendBytewise(CONNACK(true));
		expect(setup.news()).toEqual(["connected true"]);
	});

	test.each([
		[1, wire.REFUSED_PROTOCOL],
		[2, wire.REFUSED_IDENTIFIER],
		[3, wire.REFUSED_UNAVAILABLE],
		[4, wire.REFUSED_CREDENTIALS],
		[5, wire.REFUSED_AUTHORIZATION],
	])("return code %d has a name", (code, reason) => {
		const setup = new Setup();
		setup.peer.open();
		setup.peer.send(CONNACK(false, code));
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
		expect(reason.fault).toBe("broker");
		expect(reason.message).toContain(`return code ${code}`);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.client.statistics).toMatchObject({ connects: 0, disconnects: 0 });
	});

	test("a refusal is told although the end of the stream came with it", () => {
		const setup = new Setup({}, { end: "node" });
		setup.peer.open();
		setup.peer.send(CONNACK(false, 5));
		setup.peer.end();
		expect(setup.news()).toEqual([`disconnected ${wire.REFUSED_AUTHORIZATION}`]);
	});

	test.each([
		["reserved flags", packet(0x20, [2, 0]), wire.CONNACK_FLAGS],
		["a reserved code", CONNACK(false, 6), wire.CONNACK_CODE],
		["a refusal with a session", CONNACK(true, 5), wire.CONNACK_SESSION],
		["a wrong length", packet(0x20, [0]), wire.LENGTH],
		["PUBLISH first", PUBLISH("t", "x"), wire.NOT_YET_CONNECTED],
		["PUBACK first", PUBACK(1), wire.NOT_YET_CONNECTED],
		["SUBACK first", SUBACK(1, 0), wire.NOT_YET_CONNECTED],
		["PINGRESP first", PINGRESP, wire.NOT_YET_CONNECTED],
	])("%s closes the connection", (_what, answer, reason) => {
		const setup = new Setup();
		setup.peer.open();
		setup.peer.send(answer);
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
		expect(setup.peer.socket.closed).toBe(true);
	});

	test("a second one closes the connection", () => {
		const setup = connected();
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual([`disconnected ${wire.SECOND_CONNACK}`]);
	});
});
