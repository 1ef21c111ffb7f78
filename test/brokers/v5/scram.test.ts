// SCRAM in AUTH packets with a real broker: Mosquitto, with a plugin of ours that leaves it to GNU SASL.

import { jest } from "@jest/globals";
import { network } from "../../../hosts/node/network.js";
import {
	SCRAM_ITERATIONS_FEW,
	SCRAM_ITERATIONS_MANY,
	Scram,
	type ScramOptions,
} from "../../../src/authentication/index.js";
import { Client, type ClientOptions, type Reason, SECOND_CONNACK, State } from "../../../src/index.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { endLater, Inbox, type Mosquitto, startAedes, unique } from "../../support/brokers.js";
import { startScram } from "../../support/scram-mosquitto.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(10_000);

const USERS = { user: "pencil", "a=b,c": "p=1,r=2", Грета: "пароль и é" };
const NOT_AUTHORIZED = reasonOf(0x87);

let broker: Mosquitto;
beforeAll(async () => {
	broker = await startScram(USERS);
});

class App {
	readonly id = unique("scram");
	readonly connects = new Inbox<boolean>();
	readonly disconnects = new Inbox<Reason>();
	readonly delivered = new Inbox<number>();
	readonly renewals = new Inbox<true>();
	readonly client: Client;

	constructor(port: number, scram: Partial<ScramOptions> = {}, options: Partial<ClientOptions> = {}) {
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			port,
			clientId: this.id,
			reconnectMinimum: 0,
			authentication: new Scram({ ...network, username: "user", password: "pencil", ...scram }),
			onConnected: (sessionPresent) => this.connects.push(sessionPresent),
			onDisconnected: (reason) => this.disconnects.push(reason),
			onDelivered: (id) => this.delivered.push(id),
			onReauthenticated: () => this.renewals.push(true),
			...options,
		});
		// Else the acknowledgement says that nobody has got it.
		this.client.subscribe("scram", 1, () => {});
		endLater(() => {
			if (this.client.state !== State.CLOSED) this.client.close();
		});
	}
}

const authenticated = (port: Mosquitto, user: string) =>
	port.scram.all.filter((line) => line === `${user} is authenticated`).length;

describe.each(["SHA-1", "SHA-256"] as const)("SCRAM-%s", (hash) => {
	test.each(Object.entries(USERS))("as %s: both prove themselves", async (username, password) => {
		const before = authenticated(broker, username);
		const { client, connects, delivered, disconnects } = new App(broker.port, { username, password, hash });
		const id = client.publish("scram", "held until then", 1);
		await connects.atLeast(1);
		expect(authenticated(broker, username)).toBe(before + 1);
		expect(client.protocolVersion).toBe(5);
		await delivered.find((one) => one === id);
		expect(disconnects.all).toEqual([]);
	});

	test.each([
		["a wrong password", { password: "Pencil" }],
		["an unknown user", { username: "resu" }],
	])("%s: the broker refuses, and says so", async (_what, wrong) => {
		const { connects, disconnects } = new App(broker.port, { hash, ...wrong });
		await disconnects.atLeast(1);
		expect(disconnects.all).toEqual([NOT_AUTHORIZED]);
		expect(connects.all).toEqual([]);
	});

	// Mosquitto 2.0.11 forbids PUBLISH meanwhile, though section 4.12.1 allows it: with a scripted broker, test/client/v5.
	test("again on a live connection", async () => {
		const { client, connects, renewals, delivered, disconnects } = new App(broker.port, { hash });
		expect(client.reauthenticate()).toBe(false);
		await connects.atLeast(1);
		for (let i = 1; i <= 3; i++) {
			expect(client.reauthenticate()).toBe(true);
			expect(client.reauthenticate()).toBe(false);
			await renewals.atLeast(i);
			const id = client.publish("scram", "then", 1);
			await delivered.find((one) => one === id);
		}
		expect(disconnects.all).toEqual([]);
	});

	test("again, with a password that has become wrong: the connection ends", async () => {
		let password = "pencil";
		const { client, connects, renewals, disconnects } = new App(broker.port, {
			hash,
			password: () => password,
		});
		await connects.atLeast(1);
		password = "eraser";
		client.reauthenticate();
		await disconnects.atLeast(1);
		// Mosquitto 2.0.11 answers so.
		expect(disconnects.all).toEqual([SECOND_CONNACK]);
		expect(renewals.all).toEqual([]);
		expect(connects.all).toHaveLength(1);
	});
});

test("a method that the broker does not know", async () => {
	const { disconnects } = new App(
		broker.port,
		{},
		{
			authentication: {
				method: "NONE-SUCH",
				begin: () => undefined,
				respond: () => {},
				finish: () => undefined,
			},
		},
	);
	await disconnects.atLeast(1);
	expect(disconnects.all).toEqual([reasonOf(0x8c)]);
});

test("without an authenticator there is no AUTH, and this broker refuses", async () => {
	const { client, disconnects } = new App(broker.port, {}, { authentication: undefined, protocolVersion: 5 });
	await disconnects.atLeast(1);
	expect(disconnects.all).toEqual([NOT_AUTHORIZED]);
	expect(client.reauthenticate()).toBe(false);
});

test.each([
	[16_384, {}, undefined],
	[20_000, {}, SCRAM_ITERATIONS_MANY],
	[20_000, { iterationsMaximum: 20_000 }, undefined],
	[1000, {}, SCRAM_ITERATIONS_FEW],
	[1000, { iterationsMinimum: 1000 }, undefined],
])("a broker that wants %i iterations, with %p", async (iterations, options, reason) => {
	const { port } = await startScram(USERS, iterations);
	const { connects, disconnects } = new App(port, options);
	await Promise.race([connects.atLeast(1), disconnects.atLeast(1)]);
	expect([connects.all.length, disconnects.all]).toEqual(reason === undefined ? [1, []] : [0, [reason]]);
});

test("a broker of 3.1.1 is told no user name and no password: its refusal stands", async () => {
	const { port } = await startAedes();
	const { client, disconnects } = new App(port);
	await disconnects.atLeast(1);
	expect(disconnects.all[0].fault).toBe("broker");
	expect(client.protocolVersion).toBe(5);
});
