// Re-authentication on a live connection (section 4.12.1), as the connection has part in it.

import { NO_REPLY } from "../../../src/connection/reasons.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { connected5, Setup5 } from "../../support/setup5.js";

/** An authenticator whose data are `bytes` long. */
const authenticator = (bytes: number) => ({
	method: "M",
	begin: () => new Uint8Array(bytes),
	respond: (_data: Uint8Array | undefined, answer: (data: Uint8Array) => void) =>
		answer(new Uint8Array(bytes)),
	finish: () => undefined,
});

const accepted = (bytes: number, maximumPacketSize?: number): Setup5 => {
	const setup = new Setup5({ authentication: authenticator(bytes) });
	setup.accept(false, { authenticationMethod: "M", maximumPacketSize });
	setup.news();
	return setup;
};

test("is asked for with AUTH, and over with the broker's", () => {
	const setup = accepted(4);
	expect(setup.client.reauthenticate()).toBe(true);
	expect(setup.exchange()).toEqual(["auth 0x19"]);
	expect(setup.client.reauthenticate()).toBe(false);
	setup.send({ cmd: "auth", reasonCode: 0, properties: { authenticationMethod: "M" } });
	expect(setup.client.reauthenticate()).toBe(true);
});

test("without an answer the connection is dead", () => {
	const setup = accepted(4);
	setup.client.reauthenticate();
	setup.sent();
	setup.clock.advance(20_000);
	expect(setup.news()).toEqual([`disconnected ${NO_REPLY}`]);
});

test("[5.0 MQTT-3.2.2-15] is given up when its packet is larger than the broker takes", () => {
	const setup = accepted(40, 40);
	setup.client.reauthenticate();
	expect(setup.exchange()).toEqual(["disconnect 0x95"]);
	expect(setup.news()).toEqual([`disconnected ${reasonOf(0x95)}`]);
	const fits = accepted(30, 60);
	fits.client.reauthenticate();
	expect(fits.exchange()).toEqual(["auth 0x19"]);
});

test("waits for a packet that is half sent", () => {
	const setup: Setup5 = new Setup5({ authentication: authenticator(4), packetSize: 600 }, undefined, {
		room: 200,
	});
	setup.accept(false, { authenticationMethod: "M" });
	setup.client.publish("t", new Uint8Array(500), 1);
	expect(setup.client.reauthenticate()).toBe(true);
	expect(setup.exchange()).toEqual(["publish 1 qos1", "auth 0x19"]);
});

test("is none without the option, nor without a connection", () => {
	expect(connected5().client.reauthenticate()).toBe(false);
	const setup = accepted(4);
	setup.peer.fail();
	expect(setup.client.reauthenticate()).toBe(false);
});

test("AUTH of a broker that nobody has asked for one is answered with 0x82", () => {
	const setup = connected5();
	setup.send({ cmd: "auth", reasonCode: 0x18, properties: { authenticationMethod: "M" } });
	expect(setup.exchange()).toEqual(["disconnect 0x82"]);
});

test("a CONNACK with a method that nobody has asked for is answered with 0x82", () => {
	const setup = new Setup5();
	setup.accept(false, { authenticationMethod: "M" });
	expect(setup.exchange()).toEqual(["disconnect 0x82"]);
});
