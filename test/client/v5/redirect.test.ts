// Server redirect (section 4.11): the broker names others, the app agrees, and credentials go nowhere else.

import type { ClientOptions } from "../../../src/connection/options.js";
import { CONNECT_FAILED } from "../../../src/connection/reasons.js";
import { referencesIn } from "../../../src/connection/v5/references.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { Setup5 } from "../../support/setup5.js";

const USE_ANOTHER = 0x9c;
const MOVED = 0x9d;

/** One that agrees to what `agrees` says, and keeps a list of what it was asked. */
const asked = (agrees: (host: string, port: number) => unknown, options: Partial<ClientOptions> = {}) => {
	const questions: string[] = [];
	const setup: Setup5 = new Setup5({
		username: "u",
		password: "p",
		reconnectMinimum: 10_000,
		random: () => 0.99,
		onRedirect: (host, port) => {
			questions.push(`${host}:${port}`);
			return agrees(host, port) as boolean;
		},
		...options,
	});
	return { setup, questions };
};

const addressOf = ({ peer }: Setup5) => `${peer.socket.options.address}:${peer.socket.options.port}`;

/** The broker refuses with a reference; a moment passes. */
const refuse = (setup: Setup5, serverReference: string, code = USE_ANOTHER) => {
	setup.accept(false, { serverReference }, code);
	setup.clock.advance(1);
};

describe("CONNACK names another server", () => {
	test("which the app agrees to: it is connected to at once", () => {
		const { setup, questions } = asked(() => true);
		refuse(setup, "10.0.0.7:1884");
		expect(questions).toEqual(["10.0.0.7:1884"]);
		expect(setup.news()).toEqual([`disconnected ${reasonOf(USE_ANOTHER)}`]);
		expect(addressOf(setup)).toBe("10.0.0.7:1884");
		expect(setup.accept()).toMatchObject({ username: "u" });
		expect(setup.news()).toEqual(["connected false"]);
	});

	test("once: after that connection it is the original's turn", () => {
		const { setup } = asked(() => true);
		refuse(setup, "10.0.0.7");
		expect(addressOf(setup)).toBe("10.0.0.7:1883");
		setup.accept();
		setup.peer.fail();
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.1:1883");
	});

	test("for good: it stays, until it cannot be reached", () => {
		const { setup } = asked(() => true);
		refuse(setup, "10.0.0.7", MOVED);
		setup.accept();
		setup.peer.fail();
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.7:1883");
		setup.peer.fail();
		expect(setup.news().at(-1)).toBe(`disconnected ${CONNECT_FAILED}`);
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.1:1883");
	});

	test.each([[false], [undefined], ["yes"], [1]])(
		"which the app does not agree to with %p: nothing goes there",
		(answer) => {
			const { setup, questions } = asked(() => answer);
			refuse(setup, "10.0.0.7");
			expect(questions.length).toBe(1);
			setup.redial();
			expect(addressOf(setup)).toBe("10.0.0.1:1883");
			expect(setup.place.peers.length).toBe(2);
		},
	);

	test("without onRedirect nothing goes there", () => {
		const setup = new Setup5();
		setup.accept(false, { serverReference: "10.0.0.7" }, USE_ANOTHER);
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.1:1883");
	});

	test("of a list the app is asked one by one, until it agrees", () => {
		const { setup, questions } = asked((host) => host === "10.0.0.8");
		refuse(setup, "10.0.0.7 10.0.0.8:99 10.0.0.9");
		expect(questions).toEqual(["10.0.0.7:1883", "10.0.0.8:99"]);
		expect(addressOf(setup)).toBe("10.0.0.8:99");
	});

	test("by name: it is looked up", () => {
		const { setup } = asked(() => true);
		refuse(setup, "broker.example:1884");
		expect(setup.place.lookups.map(({ host }) => host)).toEqual(["broker.example"]);
		setup.place.lookups[0].onResolved("broker.example", "192.168.1.5");
		setup.clock.settle();
		expect(addressOf(setup)).toBe("192.168.1.5:1884");
	});

	test("three in a row are followed; then the original is tried again, after a delay", () => {
		const { setup, questions } = asked(() => true);
		for (const next of [2, 3, 4]) {
			refuse(setup, `10.0.0.${next}`);
			expect(addressOf(setup)).toBe(`10.0.0.${next}:1883`);
		}
		const before = setup.place.peers.length;
		refuse(setup, "10.0.0.5");
		expect(questions.length).toBe(3);
		setup.clock.advance(5000);
		expect(setup.place.peers.length).toBe(before);
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.1:1883");
		// And again.
		refuse(setup, "10.0.0.2");
		expect(addressOf(setup)).toBe("10.0.0.2:1883");
	});

	test("two that send us to each other, though each accepts, do so no more than three times at once", () => {
		const { setup } = asked(() => true);
		let count = 0;
		for (; count < 20; count++) {
			const before = setup.place.peers.length;
			setup.accept();
			setup.send({
				cmd: "disconnect",
				reasonCode: USE_ANOTHER,
				properties: { serverReference: `10.0.0.${2 + (count & 1)}` },
			});
			setup.clock.advance(1);
			if (setup.place.peers.length === before) break;
		}
		expect(count).toBe(3);
	});

	test("after a connection that has lasted redirects are counted anew", () => {
		const { setup, questions } = asked(() => true);
		for (let i = 0; i < 6; i++) {
			setup.accept();
			setup.clock.advance(20_000);
			setup.send({ cmd: "disconnect", reasonCode: USE_ANOTHER, properties: { serverReference: "10.0.0.2" } });
			setup.clock.advance(1);
		}
		expect(questions.length).toBe(6);
	});

	test("the app closes the client when it is asked", () => {
		const { setup } = asked(() => {
			setup.client.close();
			return true;
		});
		refuse(setup, "10.0.0.7 10.0.0.8");
		expect(setup.news()).toEqual(["disconnected the client was closed by the app"]);
		setup.clock.advance(100_000);
		expect(setup.place.peers.length).toBe(1);
	});

	test("what the app throws when it is asked is no agreement, and is passed on", () => {
		const { setup } = asked(() => {
			throw new Error("mine");
		});
		expect(() => refuse(setup, "10.0.0.7")).toThrow("mine");
		expect(setup.news()).toEqual([`disconnected ${reasonOf(USE_ANOTHER)}`]);
		setup.redial();
		expect(addressOf(setup)).toBe("10.0.0.1:1883");
	});
});

describe("DISCONNECT names another server", () => {
	test("which the app agrees to: it is connected to at once, and what is held goes there", () => {
		const { setup } = asked(() => true);
		setup.accept();
		const id = setup.client.publish("t", "x", 1);
		setup.sent();
		setup.send({ cmd: "disconnect", reasonCode: MOVED, properties: { serverReference: "10.0.0.7:1884" } });
		setup.clock.advance(1);
		expect(addressOf(setup)).toBe("10.0.0.7:1884");
		setup.accept();
		expect(setup.exchange()).toEqual([`publish ${id} qos1`]);
	});

	test("the app throws when it is asked: the connection has ended all the same", () => {
		const { setup } = asked(() => {
			throw new Error("mine");
		});
		setup.accept();
		setup.news();
		expect(() =>
			setup.send({ cmd: "disconnect", reasonCode: USE_ANOTHER, properties: { serverReference: "10.0.0.7" } }),
		).toThrow("mine");
		expect(setup.news()).toEqual([`disconnected ${reasonOf(USE_ANOTHER)}`]);
		setup.redial();
	});

	test("while we are closing nobody is asked", () => {
		const { setup, questions } = asked(() => true);
		setup.accept();
		setup.client.publish("t", "x", 1);
		setup.client.close();
		setup.send({ cmd: "disconnect", reasonCode: USE_ANOTHER, properties: { serverReference: "10.0.0.7" } });
		expect(questions).toEqual([]);
	});
});

describe("references", () => {
	test.each([
		["a", ["a:1883"]],
		["a:1", ["a:1"]],
		["a.b-c_d.:65535", ["a.b-c_d.:65535"]],
		["  a   b:2 ", ["a:1883", "b:2"]],
		["[::1]:1883 a", ["a:1883"]],
		["a:0", []],
		["a:65536", []],
		["a:99999999999999999999", []],
		["a:", []],
		["a:1x", []],
		[":1", []],
		["a:1:2", []],
		["a/b", []],
		["a@b", []],
		["u:p@b", []],
		["ä", []],
		["a\nHost:b", []],
		["", []],
		["x".repeat(253), [`${"x".repeat(253)}:1883`]],
		["x".repeat(254), []],
		["1 2 3 4 5 6 7 8 9", ["1", "2", "3", "4", "5", "6", "7", "8"].map((host) => `${host}:1883`)],
	])("%j", (text, expected) => {
		expect(referencesIn(text, 1883).map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
	});
});
