// Section 4.12 of MQTT 5.0, enhanced authentication, with a method that says what it is told to say.

import type { IAuthPacket, Packet } from "mqtt-packet";
import type { Answer, Authenticator } from "../../../src/authentication/authenticator.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import { packet } from "../../support/packets.js";
import { connected5, Setup5 } from "../../support/setup5.js";

const METHOD = "ask";

class Method implements Authenticator {
	readonly method = METHOD;
	/** It does not answer by itself. */
	slow = false;
	private round = 0;
	private waiting: ((answer: Answer) => void) | undefined;
	begin() {
		this.round = 0;
		return Buffer.from("begin");
	}
	respond(_data: Uint8Array | undefined, answer: (answer: Answer) => void) {
		this.waiting = answer;
		if (!this.slow) this.answer();
	}
	answer() {
		this.waiting?.(Buffer.from(`answer ${++this.round}`));
	}
	finish() {
		return undefined;
	}
}

const properties = (text: string, authenticationMethod = METHOD) => ({
	authenticationMethod,
	authenticationData: Buffer.from(text),
});
const ask = (reasonCode = 0x18): Packet => ({ cmd: "auth", reasonCode, properties: properties("ask") });
const ACCEPT: Packet = {
	cmd: "connack",
	reasonCode: 0,
	sessionPresent: false,
	properties: properties("done"),
};

/** After CONNECT. */
function begun(options: Partial<ClientOptions> = {}): { setup: Setup5; method: Method } {
	const method = new Method();
	const setup = new Setup5({ authentication: method, ...options });
	setup.peer.open();
	return { setup, method };
}

test("[5.0 MQTT-3.1.2-30] after CONNECT with a method only AUTH and DISCONNECT go until CONNACK", () => {
	const { setup, method } = begun({ keepAlive: 1000, connectTimeout: 60_000 });
	const { client } = setup;
	method.slow = true;
	for (const qos of [0, 1, 2] as const) client.publish("t", "early", qos);
	client.subscribe("s", 1);
	client.unsubscribe("u");
	expect(setup.exchange()).toEqual(["connect"]);
	for (let i = 0; i < 3; i++) {
		setup.send(ask());
		for (let seconds = 0; seconds < 5; seconds++) setup.clock.advance(1000);
		client.publish("t", "while it works");
		expect(setup.exchange()).toEqual([]);
		method.answer();
		setup.clock.settle();
		expect(setup.exchange()).toEqual(["auth 0x18"]);
	}
	setup.send(ACCEPT);
	expect(setup.exchange()).toEqual(expect.arrayContaining(["publish", "subscribe 3"]));
	const closing = begun();
	closing.setup.client.publish("t", "early", 1);
	closing.setup.send(ask());
	closing.setup.client.close();
	for (const line of closing.setup.exchange()) expect(line).toMatch(/^(connect|auth 0x18|disconnect)$/);
});

test("[5.0 MQTT-4.12.0-3] [5.0 MQTT-4.12.0-5] [5.0 MQTT-3.15.2-1] AUTH of the broker is answered with AUTH of 0x18 and the same method", () => {
	const { setup } = begun();
	expect(setup.sent()).toMatchObject([{ cmd: "connect", properties: properties("begin") }]);
	for (let i = 1; i <= 3; i++) {
		setup.send(ask());
		expect(setup.sent()).toMatchObject([
			{ cmd: "auth", reasonCode: 0x18, properties: properties(`answer ${i}`) },
		]);
	}
});

test("[5.0 MQTT-4.12.0-2] before CONNACK the broker's AUTH has 0x18: another code ends the connection", () => {
	for (const code of [0, 0x19]) {
		const { setup } = begun();
		setup.sent();
		setup.send(ask(code));
		expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
		expect(setup.peer.socket.closed).toBe(true);
	}
});

test("[5.0 MQTT-4.12.0-5] AUTH and CONNACK without the method of CONNECT, or with another, end the connection", () => {
	for (const cmd of ["auth", "connack"])
		for (const method of [undefined, "other"]) {
			const { setup } = begun();
			setup.sent();
			const wrong = method === undefined ? {} : properties("ask", method);
			setup.send({
				cmd,
				reasonCode: cmd === "auth" ? 0x18 : 0,
				sessionPresent: false,
				properties: wrong,
			} as Packet);
			expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
			expect(setup.news()).toEqual([expect.stringMatching(/^disconnected/)]);
		}
});

test("[5.0 MQTT-4.12.0-7] without a method AUTH is never sent, whatever the broker does", () => {
	const early = new Setup5();
	early.peer.open();
	expect(early.sent()[0]).not.toMatchObject({ properties: { authenticationMethod: expect.anything() } });
	early.send(ask());
	const late = connected5();
	expect(late.client.reauthenticate()).toBe(false);
	late.send(ask());
	const again = connected5();
	again.peer.send(packet(0xf0));
	for (const setup of [early, late, again]) {
		expect(setup.exchange().filter((line) => line.startsWith("auth"))).toEqual([]);
		expect(setup.peer.socket.closed).toBe(true);
	}
});

test("[5.0 MQTT-4.12.1-1] [5.0 MQTT-3.15.2-1] re-authentication is AUTH of 0x19 with the method, after CONNACK only", () => {
	const { setup } = begun();
	const { client } = setup;
	expect(client.reauthenticate()).toBe(false);
	expect(setup.exchange()).toEqual(["connect"]);
	setup.send(ACCEPT);
	expect(client.reauthenticate()).toBe(true);
	expect(setup.sent()).toMatchObject([{ cmd: "auth", reasonCode: 0x19, properties: properties("begin") }]);
	setup.send(ask());
	expect(setup.sent()).toMatchObject([{ cmd: "auth", reasonCode: 0x18, properties: properties("answer 1") }]);
	setup.send(ask(0));
	client.publish("t", "goes on");
	expect(setup.exchange()).toEqual(["publish"]);
});

test("[5.0 MQTT-4.12.1-2] when re-authentication fails the connection is closed, with DISCONNECT", () => {
	const { setup } = begun();
	setup.send(ACCEPT);
	setup.client.reauthenticate();
	setup.sent();
	setup.news();
	setup.send({ ...ask(0), properties: properties("done", "other") } as IAuthPacket);
	expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8/)]);
	expect(setup.peer.socket.closed).toBe(true);
	expect(setup.news()).toEqual([expect.stringMatching(/^disconnected/)]);
});

test("[5.0 MQTT-3.15.2-2] [5.0 MQTT-3.15.2-3] AUTH has no reason string and no user properties", () => {
	const { setup } = begun({ problemInformation: true, userProperties: [["a", "b"]] });
	setup.send(ask());
	setup.send(ACCEPT);
	setup.client.reauthenticate();
	const sent = setup.sent().filter(({ cmd }) => cmd === "auth") as IAuthPacket[];
	expect(sent).toHaveLength(2);
	for (const { properties } of sent)
		expect(Object.keys(properties!).sort()).toEqual(["authenticationData", "authenticationMethod"]);
});
