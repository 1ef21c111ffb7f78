// Section 3.1 of MQTT 3.1.1: CONNECT, and keeping alive.

import type { ClientOptions, Will } from "../../src/options.js";
import * as wire from "../../src/wire/reason.js";
import { judge } from "../support/judge.js";
import { CONNACK, PINGRESP, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { connections, exchange } from "./peer.js";

const WILL = 0x04;
const WILL_QOS = 0x18;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/** CONNECT taken apart by hand: its flags, and the fields of its payload as text. */
function connect(options: Partial<ClientOptions>, will?: Will): { flags: number; fields: string[] } {
	const setup = new Setup(options);
	if (will !== undefined) setup.client.will = will;
	setup.peer.open();
	const bytes = setup.peer.take();
	judge(bytes);
	expect([bytes[0], bytes[1]]).toEqual([0x10, bytes.length - 2]);
	const fields: string[] = [];
	for (let at = 12; at < bytes.length; ) {
		const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
		expect(end).toBeLessThanOrEqual(bytes.length);
		fields.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.slice(at + 2, end)));
		at = end;
	}
	return { flags: bytes[9], fields };
}

const credentials: [what: string, options: Partial<ClientOptions>, fields: string[]][] = [
	["neither", {}, []],
	["a user name", { username: "u" }, ["u"]],
	["an empty user name", { username: "" }, [""]],
	["a user name and password", { username: "u", password: "p" }, ["u", "p"]],
	["an empty user name and password", { username: "", password: "" }, ["", ""]],
	["a function for the password", { username: "u", password: () => Uint8Array.of(0x70) }, ["u", "p"]],
];

describe("[MQTT-3.1.0-1] CONNECT comes first on a connection", () => {
	const wanting = (options: Partial<ClientOptions>) => {
		const setup = new Setup(options);
		for (const qos of [0, 1, 2] as const) setup.client.publish("t", "x", qos);
		setup.client.subscribe("a", 1);
		return setup;
	};

	test("and nothing follows before CONNACK", () => {
		const setup = wanting({});
		for (const sessionPresent of [false, true]) {
			setup.peer.open();
			setup.clock.advance(20_000);
			setup.client.publish("t", "later");
			expect(exchange(setup)).toEqual(["connect"]);
			setup.peer.send(CONNACK(sessionPresent));
			expect(exchange(setup).length).toBeGreaterThan(3);
			setup.peer.fail();
			setup.redial();
		}
	});

	test("with the option pipelining too, whatever follows", () => {
		const setup = wanting({ pipelining: true });
		setup.peer.open();
		const [first, ...rest] = exchange(setup);
		expect(first).toBe("connect");
		expect(rest).toEqual(["subscribe 3", "publish", "publish 1 qos1", "publish 2 qos2"]);
		for (let i = 0; i < 2; i++) {
			setup.peer.fail();
			setup.redial().open();
			expect(exchange(setup)[0]).toBe("connect");
		}
	});
});

test("[MQTT-3.1.0-2] there is one CONNECT on each connection", () => {
	const setup = connected({ keepAlive: 10_000 });
	for (let i = 0; i < 5; i++) {
		setup.client.publish("t", "", 1);
		setup.clock.advance(9000);
		setup.peer.send(PINGRESP);
		setup.reconnect(i % 2 === 0);
	}
	setup.peer.send(CONNACK());
	expect(setup.news().pop()).toBe(`disconnected ${wire.SECOND_CONNACK}`);
	setup.redial().accept();
	const counts = connections(setup).map((packets) => packets.filter(({ cmd }) => cmd === "connect").length);
	expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("[MQTT-3.1.2-9] with a will, its topic and message are in the payload", () => {
	for (const payload of ["gone", ""]) {
		const { flags, fields } = connect({}, { topic: "w", payload });
		expect(flags & WILL).toBe(WILL);
		expect(fields).toEqual(["c", "w", payload]);
	}
});

describe("[MQTT-3.1.2-11][MQTT-3.1.2-13][MQTT-3.1.2-15] without a will, there is nothing of one", () => {
	test.each(credentials)("with %s", (_what, options, fields) => {
		for (const clean of [false, true]) {
			const made = connect({ ...options, clean });
			expect(made.flags & (WILL | WILL_QOS | WILL_RETAIN)).toBe(0);
			expect(made.fields).toEqual(["c", ...fields]);
		}
	});
});

test("[MQTT-3.1.2-14] the will has QoS 0, 1 or 2", () => {
	for (const qos of [0, 1, 2] as const)
		for (const retain of [false, true])
			expect(connect({}, { topic: "w", payload: "", qos, retain }).flags).toBe(
				WILL | (qos << 3) | (retain ? WILL_RETAIN : 0),
			);
	for (const qos of [3, -1, 0.5, 4, "1"])
		expect(() => connect({}, { topic: "w", payload: "", qos: qos as never })).toThrow(RangeError);
});

describe("[MQTT-3.1.2-18][MQTT-3.1.2-19] the user name is there if its flag is set, and only then", () => {
	test.each(credentials)("with %s", (_what, options, fields) => {
		const { flags, fields: written } = connect(options, { topic: "w", payload: "x" });
		expect((flags & USER_NAME) > 0).toBe(options.username !== undefined);
		expect(written).toEqual(["c", "w", "x", ...fields]);
	});
});

describe("[MQTT-3.1.2-20][MQTT-3.1.2-21] the password is there if its flag is set, and only then", () => {
	test.each(credentials)("with %s", (_what, options, fields) => {
		const { flags, fields: written } = connect(options);
		expect((flags & PASSWORD) > 0).toBe(options.password !== undefined);
		expect(written).toEqual(["c", ...fields]);
	});
});

test("[MQTT-3.1.2-22] a password without user name is refused", () => {
	for (const password of ["", "p", Uint8Array.of(1), () => "p"])
		expect(() => connect({ password })).toThrow(/password without username/);
});

describe("[MQTT-3.1.2-23] the broker hears of the client within every keep alive", () => {
	/** The longest time without a packet, in `periods` of keep alive; `act` is called four times a second. */
	function longestSilence(setup: Setup, milliseconds: number, act: (setup: Setup) => void): number {
		let longest = 0;
		for (let at = 0, silent = 0; at < milliseconds; at += 250) {
			act(setup);
			setup.clock.advance(250);
			silent += 250;
			longest = Math.max(longest, silent);
			const packets = exchange(setup);
			if (packets.length > 0) silent = 0;
			if (packets.includes("pingreq")) setup.peer.send(PINGRESP);
		}
		expect(setup.client.statistics.disconnects).toBe(0);
		return longest;
	}

	const keepAlives = [1000, 1500, 10_000, 60_000];

	test.each(keepAlives)("with keepAlive %d, when nothing happens", (keepAlive) => {
		expect(longestSilence(connected({ keepAlive }), 5 * keepAlive, () => {})).toBeLessThanOrEqual(keepAlive);
	});

	test.each(keepAlives)("with keepAlive %d, when the broker sends without end", (keepAlive) => {
		const talk = (setup: Setup) => setup.peer.send(PUBLISH("t", "x"));
		expect(longestSilence(connected({ keepAlive }), 5 * keepAlive, talk)).toBeLessThanOrEqual(keepAlive);
	});

	test("when the window is full, and the store too", () => {
		const setup = connected({ keepAlive: 5000, replyTimeout: 60_000, storeSize: 64 });
		setup.client.publish("t", "x".repeat(51), 1); // all of it
		expect(longestSilence(setup, 30_000, () => {})).toBeLessThanOrEqual(5000);
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1"]);
	});

	test("by the time that CONNECT promises", () => {
		for (const keepAlive of keepAlives) {
			const setup = new Setup({ keepAlive });
			setup.peer.open();
			const seconds = Math.ceil(keepAlive / 1000);
			expect(judge(setup.peer.take())).toMatchObject([{ cmd: "connect", keepalive: seconds }]);
		}
	});
});

test("[MQTT-3.1.3-1] the fields come as client identifier, will topic, will message, user name, password", () => {
	const { flags, fields } = connect(
		{ clientId: "c", username: "u", password: "p" },
		{ topic: "w", payload: "x", qos: 2, retain: true },
	);
	expect(flags).toBe(USER_NAME | PASSWORD | WILL_RETAIN | (2 << 3) | WILL);
	expect(fields).toEqual(["c", "w", "x", "u", "p"]);
});

describe("[MQTT-3.1.3-2] state belongs to the client identifier", () => {
	test("which is the same on every connection", () => {
		const setup = connected({ clientId: "one" });
		setup.client.publish("t", "", 1);
		setup.reconnect(true);
		setup.reconnect(false);
		const ids = connections(setup).map(([first]) => first.cmd === "connect" && first.clientId);
		expect(ids).toEqual(["one", "one", "one"]);
	});

	test("which by default is the device's own, the same after a restart", () => {
		const first = () => connect({ clientId: undefined }).fields;
		expect(first()).toEqual(first());
	});

	test("so that a client with another one begins with nothing", () => {
		const one = connected({ clientId: "one" });
		one.client.publish("t", "", 1);
		one.peer.send(PUBLISH("t", "", { qos: 2, id: 1 }));
		const other = new Setup({ clientId: "other" });
		other.peer.accept();
		other.peer.expect();
		other.news();
		other.peer.send(PUBLISH("t", "x", { qos: 2, id: 1 }));
		expect(other.news()).toEqual(["message t=x qos2"]);
	});
});

test("[MQTT-3.1.3-3] the client identifier comes first, also an empty one", () => {
	const will = { topic: "w", payload: "x" };
	expect(connect({ clientId: "", clean: true, username: "u" }, will).fields).toEqual(["", "w", "x", "u"]);
	expect(connect({ clientId: undefined }).fields).toEqual(["xs-mqtt-c0ffee"]);
});

describe("[MQTT-3.1.3-4][MQTT-3.1.3-10][MQTT-3.1.3-11] client identifier, will topic and user name are strings", () => {
	test.each(["a", "Küche/温度/🌡", "\ufeff", "\u0001", "x".repeat(30)])("such as %j", (text) => {
		expect(connect({ clientId: text, username: text }, { topic: text, payload: "" }).fields).toEqual([
			text,
			text,
			"",
			text,
		]);
	});

	test("of 65535 bytes at most", () => {
		const text = "é".repeat(32_768);
		expect(() => connect({ clientId: text })).toThrow(/65535/);
		expect(() => connect({ username: text })).toThrow(/65535/);
		expect(() => connect({}, { topic: text, payload: "" })).toThrow(/65535/);
	});
});

test("[MQTT-3.1.3-7] an empty client identifier needs a clean session", () => {
	expect(() => connect({ clientId: "" })).toThrow(/only with clean: true/);
	expect(() => connect({ clientId: "", clean: false })).toThrow(/only with clean: true/);
	expect(connect({ clientId: "", clean: true }).flags & 0x02).toBe(0x02);
});
