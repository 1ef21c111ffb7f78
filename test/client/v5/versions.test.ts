// Which version of MQTT is spoken: 5.0 is tried, and 3.1.1 where the broker has no other.

import { State } from "../../../src/client.js";
import type { InterfaceListener } from "../../../src/connection/network.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import { CONNECT_TIMEOUT, CONNECTION_LOST } from "../../../src/connection/reasons.js";
import {
	LENGTH,
	REFUSED_AUTHORIZATION,
	REFUSED_IDENTIFIER,
	REFUSED_PROTOCOL,
	Reason,
} from "../../../src/wire/reason.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { CONNACK, field, PUBLISH, packet, word } from "../../support/packets.js";
import { PUBLISH5, variable } from "../../support/packets5.js";
import { Setup } from "../../support/setup.js";
import type { Peer } from "../../support/socket.js";

/** CONNECT in 5.0: flags, properties, payload fields. */
const CONNECT5 = (flags: number, properties: readonly number[], ...fields: Uint8Array[]) =>
	packet(0x10, field("MQTT"), [5, flags], word(60), [properties.length], properties, ...fields);

const CONNECT4 = (flags: number, ...fields: Uint8Array[]) =>
	packet(0x10, field("MQTT"), [4, flags], word(60), ...fields);

/** Session expiry never, Receive Maximum 32, no problem information: what a client asks for that asks for nothing. */
const DEFAULTS = [0x11, 255, 255, 255, 255, 0x21, 0, 32, 0x17, 0];

const CONNACK5 = (code = 0, properties: readonly number[] = [], sessionPresent = false) =>
	packet(0x20, [sessionPresent ? 1 : 0, code, properties.length], properties);

const FIVE = CONNECT5(0, DEFAULTS, field("c"));
const FOUR = CONNECT4(0, field("c"));

/** A client that may fall back. */
const free = (options: Partial<ClientOptions> = {}) => new Setup({ protocolVersion: undefined, ...options });

const begins = (peer: Peer, connect: Uint8Array) => {
	peer.open();
	peer.expect(connect);
};

/** One that speaks 3.1.1, for the broker has refused 5.0. */
const fallen = () => {
	const setup = free();
	begins(setup.peer, FIVE);
	setup.peer.send(CONNACK(false, 1));
	setup.clock.advance(1);
	begins(setup.peer, FOUR);
	setup.peer.send(CONNACK());
	return setup;
};

class TestInterface {
	isUp = true;
	listener: InterfaceListener | undefined;
	get up(): boolean {
		return this.isUp;
	}
	attach(listener: InterfaceListener): void {
		this.listener = listener;
	}
	detach(): void {
		this.listener = undefined;
	}
	down(): void {
		this.isUp = false;
		this.listener?.onInterfaceDown(new Reason("network", "out of range"));
	}
	goUp(): void {
		this.isUp = true;
		this.listener?.onInterfaceUp();
	}
}

describe("without protocolVersion", () => {
	test("5.0 is tried", () => {
		const { peer, client } = free();
		expect(client.protocolVersion).toBe(5);
		begins(peer, FIVE);
		peer.send(CONNACK5());
		expect(client.state).toBe(State.CONNECTED);
		expect(client.protocolVersion).toBe(5);
	});

	test.each([
		["0x01", CONNACK(false, 1)],
		["0x84", CONNACK(false, 0x84)],
		["0x84 with properties", CONNACK5(0x84)],
	])("a refusal with %s falls back to 3.1.1 at once, and is not told", (_code, connack) => {
		const setup = free({ reconnectMinimum: 60_000, random: () => 0.99 });
		const { client } = setup;
		begins(setup.peer, FIVE);
		setup.peer.send(connack);
		expect(setup.peer.socket.closed).toBe(true);
		setup.clock.advance(1);
		expect(setup.place.peers.length).toBe(2);
		begins(setup.peer, FOUR);
		expect(client.protocolVersion).toBe(4);
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual(["connected false"]);
		expect(client.statistics.attempts).toBe(2);
		expect(client.statistics.disconnects).toBe(0);
	});

	test("what a refusal and CONNACK have proved is kept, until it is refused", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK());
		setup.peer.fail();
		begins(setup.redial(), FOUR);
		setup.peer.fail();
		begins(setup.redial(), FOUR);
		// The broker has become one of 5.0 only.
		setup.news();
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK5());
		expect(setup.news()).toEqual(["connected false"]);
		setup.peer.fail();
		begins(setup.redial(), FIVE);
	});

	test("a broker of 5.0 only, that answers 3.1.1 with a CONNACK of its own, is tried in 5.0 next", () => {
		const setup = fallen();
		setup.peer.fail();
		begins(setup.redial(), FOUR);
		setup.peer.send(CONNACK5(0x84));
		begins(setup.redial(), FIVE);
	});

	test("an acceptance in 5.0 that is refused later falls back at once", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK5());
		setup.peer.fail();
		begins(setup.redial(), FIVE);
		setup.news();
		setup.peer.send(CONNACK(false, 0x84));
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		expect(setup.news()).toEqual([]);
	});

	test("a broker that refuses both is told, and tried again after the longest delay, in 5.0", () => {
		const setup = free({ reconnectMinimum: 0, reconnectMaximum: 30_000 });
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK(false, 1));
		expect(setup.news()).toEqual([`disconnected ${REFUSED_PROTOCOL}`]);
		setup.clock.advance(29_999);
		expect(setup.place.peers.length).toBe(2);
		setup.clock.advance(1);
		begins(setup.peer, FIVE);
	});

	test.each([
		[2, REFUSED_IDENTIFIER],
		[5, REFUSED_AUTHORIZATION],
	])("a refusal of 3.1.1 with another return code, %d, is told", (code, reason) => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, code));
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
	});

	test("a CONNACK of two bytes cannot accept", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual([`disconnected ${LENGTH}`]);
		expect(setup.client.state).toBe(State.WAITING);
	});

	test("an end before any byte falls back after two in a row, and proves nothing", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.end();
		expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
		begins(setup.redial(), FIVE);
		setup.peer.end();
		expect(setup.news()).toEqual([]);
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual(["connected false"]);
		expect(setup.client.protocolVersion).toBe(4);
		setup.peer.fail();
		begins(setup.redial(), FIVE);
		expect(setup.client.protocolVersion).toBe(5);
		setup.peer.end();
		begins(setup.redial(), FIVE);
	});

	test("a proxy whose broker is down is told each time it is tried, and 5.0 comes first again", () => {
		const setup = free();
		const tried: number[] = [];
		for (let i = 0; i < 6; i++) {
			setup.peer.open();
			tried.push(setup.peer.take()[8]);
			setup.peer.end();
			setup.redial();
		}
		expect(tried).toEqual([5, 5, 4, 5, 5, 4]);
		const told = `disconnected ${CONNECTION_LOST}`;
		expect(setup.news()).toEqual([told, told, told, told]);
	});

	test("an end after bytes, or with an acceptance in between, is none of the two", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.end();
		begins(setup.redial(), FIVE);
		setup.peer.send(CONNACK5().slice(0, 3));
		setup.peer.end();
		begins(setup.redial(), FIVE);
		setup.peer.send(CONNACK5());
		setup.peer.end();
		begins(setup.redial(), FIVE);
		setup.peer.end();
		begins(setup.redial(), FIVE);
		setup.peer.end();
		// It has accepted 5.0: what closes now is no broker of 3.1.1.
		begins(setup.redial(), FIVE);
	});

	test("an end after one that was told, and another after that, are not two in a row", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.end();
		begins(setup.redial(), FIVE);
		setup.peer.send(CONNACK5(0x89));
		begins(setup.redial(), FIVE);
		setup.peer.end();
		begins(setup.redial(), FIVE);
	});

	test("a close that asks for the will is one without DISCONNECT in 3.1.1", () => {
		const { client, peer } = fallen();
		client.close({ withWill: true });
		peer.expect();
		expect(peer.socket.closed).toBe(true);
		expect(client.state).toBe(State.CLOSED);
	});

	test("no answer at all does not fall back", () => {
		const setup = free({ connectTimeout: 5000 });
		for (let i = 0; i < 4; i++) {
			begins(setup.peer, FIVE);
			setup.redial();
		}
		expect(setup.news()[0]).toBe(`disconnected ${CONNECT_TIMEOUT}`);
	});

	test("each of several hosts is known by itself", () => {
		const setup = free({ host: ["10.0.0.1", "10.0.0.2"] });
		const address = () => setup.peer.socket.options.address;
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		expect(address()).toBe("10.0.0.1");
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK());
		setup.peer.fail();
		begins(setup.redial(), FOUR);
		setup.peer.end();
		begins(setup.redial(), FIVE);
		expect(address()).toBe("10.0.0.2");
		setup.peer.send(CONNACK5());
		setup.peer.fail();
		begins(setup.redial(), FIVE);
		setup.peer.end();
		begins(setup.redial(), FOUR);
		expect(address()).toBe("10.0.0.1");
	});

	test("what is held goes in the version of the connection", () => {
		const setup = free();
		setup.client.publish("t", "a", 1);
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK());
		setup.peer.expect(PUBLISH("t", "a", { qos: 1, id: 1 }));
		// Sent in 3.1.1 and not acknowledged: it goes again, in 5.0.
		setup.peer.fail();
		setup.redial().open();
		setup.peer.take();
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK5(0, [], true));
		setup.peer.expect(PUBLISH5("t", "a", [], { qos: 1, id: 1, dup: true }));
	});

	test("what fits packetSize in 3.1.1 to the last byte goes in 5.0 too", () => {
		const setup = free({ packetSize: 64 });
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FOUR);
		setup.peer.send(CONNACK());
		setup.peer.fail();
		const topic = "t".repeat(55);
		// So long that the header has five bytes.
		setup.client.publishFrom(topic, 2_100_000, (_offset, view) => view.fill(0x61).length, 1);
		setup.redial().open();
		setup.peer.take();
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK5());
		const length = variable(2 + topic.length + 2 + 1 + 2_100_000);
		expect([...setup.peer.takeSome(66)]).toEqual([0x32, ...length, ...field(topic), 0, 1, 0, 0x61]);
	});

	test("close within the moment between two versions", () => {
		const setup = free();
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		setup.client.close();
		expect(setup.news()).toEqual(["disconnected the client was closed by the app"]);
		setup.clock.advance(100_000);
		expect(setup.place.peers.length).toBe(1);
	});

	test("the network goes within the moment between two versions, and 5.0 is tried when it is back", () => {
		const wifi = new TestInterface();
		const setup = free({ interface: wifi });
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		wifi.down();
		setup.clock.advance(1000);
		expect(setup.place.peers.length).toBe(1);
		wifi.goUp();
		begins(setup.peer, FIVE);
	});
});

describe("no other version is tried", () => {
	test("with protocolVersion 5", () => {
		const setup = new Setup({ protocolVersion: 5 });
		begins(setup.peer, FIVE);
		setup.peer.send(CONNACK(false, 1));
		expect(setup.news()).toEqual([`disconnected ${reasonOf(0x84)}`]);
		expect(setup.place.peers.length).toBe(1);
	});

	test("with protocolVersion 5, however often it closes", () => {
		const setup = new Setup({ protocolVersion: 5 });
		for (let i = 0; i < 4; i++) {
			begins(setup.peer, FIVE);
			setup.peer.end();
			setup.redial();
		}
	});

	test("with protocolVersion 4", () => {
		const setup = new Setup({ protocolVersion: 4 });
		begins(setup.peer, FOUR);
		expect(setup.client.protocolVersion).toBe(4);
		setup.peer.send(CONNACK(false, 1));
		expect(setup.news()).toEqual([`disconnected ${REFUSED_PROTOCOL}`]);
	});

	test.each([
		[{ sessionExpiry: 5 }],
		[{ userProperties: [["a", "b"]] as const }],
		[{ onRedirect: () => true }],
		[{ clientId: "" }],
		[{ password: "p" }],
	])("with %j, which only 5.0 has", (options) => {
		const setup = free(options);
		setup.peer.open();
		expect(setup.peer.take()[8]).toBe(5);
		setup.peer.send(CONNACK(false, 0x84));
		expect(setup.news()).toEqual([`disconnected ${reasonOf(0x84)}`]);
	});
});

describe("options", () => {
	test.each([
		[{ sessionExpiry: 0 }, /sessionExpiry with protocolVersion 4/],
		[{ topicAliases: 4 }, /topicAliases with protocolVersion 4/],
		[{ problemInformation: false }, /problemInformation with protocolVersion 4/],
		[{ onRedirect: () => true }, /onRedirect with protocolVersion 4/],
		[{ clientId: "" }, /clientId is ""/],
		[{ password: "p" }, /password without username/],
	])("%j are not for protocolVersion 4", (options, message) => {
		expect(() => new Setup({ protocolVersion: 4, ...options })).toThrow(message);
	});

	test("pipelining needs a version", () => {
		expect(() => free({ pipelining: true })).toThrow(/pipelining without protocolVersion/);
		for (const protocolVersion of [4, 5] as const)
			expect(() => free({ pipelining: true, protocolVersion })).not.toThrow();
	});

	test.each([
		[{ sessionExpiry: -1 }, /sessionExpiry is -1: it must be a whole number from 0 to 4294967295/],
		[{ sessionExpiry: 1, clean: true }, /sessionExpiry is 1: with clean it must be 0/],
		[{ maximumPacketSize: 0 }, /maximumPacketSize is 0/],
		[{ userProperties: [["a"]] as never }, /userProperties\[0\]/],
		[{ problemInformation: 1 as never }, /problemInformation is 1/],
		[{ responseInformation: "yes" as never }, /responseInformation is yes/],
		[{ onRedirect: true as never }, /onRedirect is true/],
		[{ protocolVersion: 3 as never }, /protocolVersion is 3/],
	])("%j cannot work", (options, message) => {
		expect(() => new Setup({ protocolVersion: 5, ...options })).toThrow(message);
	});
});
