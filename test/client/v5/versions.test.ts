// Which version of MQTT is spoken: 5.0 is tried, and 3.1.1 where the broker has no other.

import { State } from "../../../src/client.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import { CONNACK, field, packet, word } from "../../support/packets.js";
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

	test("what a refusal and CONNACK have proved is kept", () => {
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
	});
});
