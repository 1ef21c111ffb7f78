// Whose turn it is in an authentication: what the broker may send when, and what goes out. The data mean nothing here.

import { generate, type IAuthPacket, parser } from "mqtt-packet";
import type { Answer, Authenticator } from "../../../src/authentication/authenticator.js";
import {
	AUTH_CODE,
	AUTH_METHOD,
	AUTH_TOO_LONG,
	AUTH_UNEXPECTED,
	AUTHENTICATOR_FAILED,
	Authentication,
} from "../../../src/connection/v5/authentication.js";
import { Reason } from "../../../src/wire/reason.js";
import { ReceivedProperties } from "../../../src/wire/v5/received.js";

const CONTINUE = 0x18;
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const REFUSED = new Reason("broker", "no");

/** Writes down what it is asked, and answers what the test says. */
class Method implements Authenticator {
	method = "TEST";
	readonly calls: string[] = [];
	readonly answers: ((answer: Answer) => void)[] = [];
	failure: Reason | undefined;
	error: Error | undefined;

	begin(): Uint8Array | undefined {
		return this.note("begin") && bytes("first");
	}

	respond(data: Uint8Array | undefined, answer: (answer: Answer) => void): void {
		this.answers.push(answer);
		this.note(`respond ${data && Buffer.from(data)}`);
	}

	finish(data: Uint8Array | undefined): Reason | undefined {
		this.note(`finish ${data && Buffer.from(data)}`);
		return this.failure;
	}

	stop(): void {
		this.calls.push("stop");
	}

	private note(call: string): true {
		this.calls.push(call);
		if (this.error !== undefined) throw this.error;
		return true;
	}
}

/** Properties as the decoder gives them. */
function properties(method?: string, data?: string): ReceivedProperties {
	const field = (property: number, value?: string) =>
		value === undefined ? [] : [property, value.length >> 8, value.length & 255, ...Buffer.from(value)];
	const received = new ReceivedProperties(new Uint8Array([...field(0x15, method), ...field(0x16, data)]));
	received.keep(received.buffer.length);
	return received;
}

function setUp(method = new Method()) {
	const told: unknown[] = [];
	const skipping = { data: false };
	const authentication: Authentication = new Authentication(method, {
		get dataSkipped() {
			return skipping.data;
		},
		sendAuth(bytes) {
			const read = parser({ protocolVersion: 5 });
			read.on("packet", (packet) => {
				const { cmd, reasonCode, properties } = packet as IAuthPacket;
				const data = properties?.authenticationData;
				told.push([cmd, reasonCode, properties?.authenticationMethod, data && String(data)]);
			});
			read.on("error", (error) => told.push(error));
			read.parse(Buffer.from(bytes));
			// A frame's header has room in front.
			expect(bytes.byteOffset).toBe(14);
		},
		refuse(reason) {
			told.push(reason);
			authentication.stop();
		},
		onReauthenticated() {
			told.push("again");
		},
	});
	return { method, told, authentication, skipping };
}

/** Accepted, with one exchange. */
function accepted() {
	const all = setUp();
	all.authentication.begin();
	expect(all.authentication.accept(properties("TEST", "proof"))).toBeUndefined();
	all.method.calls.length = 0;
	return all;
}

test("CONNECT has the method and the first data, as fields", () => {
	const { authentication } = setUp();
	expect(Buffer.from(authentication.method).toString()).toBe("\0\x04TEST");
	expect(Buffer.from(authentication.begin()!).toString()).toBe("\0\x05first");
});

test("the broker's AUTH is answered with one of code 0x18 and the same method", () => {
	const { authentication, method, told } = setUp();
	authentication.begin();
	authentication.onAuth(CONTINUE, properties("TEST", "ask"));
	method.answers[0](bytes("answer"));
	authentication.onAuth(CONTINUE, properties("TEST"));
	method.answers[1](undefined);
	expect(authentication.accept(properties("TEST", "proof"))).toBeUndefined();
	expect(told).toEqual([
		["auth", CONTINUE, "TEST", "answer"],
		["auth", CONTINUE, "TEST", undefined],
	]);
	expect(method.calls).toEqual(["begin", "respond ask", "respond undefined", "finish proof", "stop"]);
});

test("an answer may come late, but once", () => {
	const { authentication, method, told } = setUp();
	authentication.begin();
	authentication.onAuth(CONTINUE, properties("TEST"));
	expect(told).toEqual([]);
	for (let i = 0; i < 3; i++) method.answers[0](undefined);
	expect(told).toHaveLength(1);
});

test("an answer of an exchange that has ended goes nowhere", () => {
	const { authentication, method, told } = setUp();
	authentication.begin();
	authentication.onAuth(CONTINUE, properties("TEST"));
	authentication.stop();
	authentication.begin();
	method.answers[0](bytes("late"));
	authentication.onAuth(CONTINUE, properties("TEST"));
	method.answers[0](REFUSED);
	expect(told).toEqual([]);
	method.answers[1](bytes("now"));
	expect(told).toEqual([["auth", CONTINUE, "TEST", "now"]]);
});

test("what the authenticator says against the broker ends the connection", () => {
	const { authentication, method, told } = setUp();
	authentication.begin();
	authentication.onAuth(CONTINUE, properties("TEST"));
	method.answers[0](REFUSED);
	expect(told).toEqual([REFUSED]);
	method.failure = REFUSED;
	authentication.begin();
	expect(authentication.accept(properties("TEST"))).toBe(REFUSED);
});

describe("the broker's faults", () => {
	test.each([0x00, 0x19, 0x80])("before CONNACK an AUTH with code %i is refused", (code) => {
		const { authentication, method, told } = setUp();
		authentication.begin();
		authentication.onAuth(code, properties("TEST"));
		expect(told).toEqual([AUTH_CODE]);
		expect(method.calls).toEqual(["begin", "stop"]);
	});

	test.each([undefined, "TES", "TESTS", "TESt", ""])("AUTH or CONNACK with method %p is refused", (name) => {
		const { authentication, method, told } = setUp();
		authentication.begin();
		authentication.onAuth(CONTINUE, properties(name, "ask"));
		expect(told).toEqual([AUTH_METHOD]);
		authentication.begin();
		expect(authentication.accept(properties(name, "proof"))).toBe(AUTH_METHOD);
		expect(method.calls).toEqual(["begin", "stop", "begin"]);
	});

	test("it asks, or accepts, while it is our turn", () => {
		const { authentication, told } = setUp();
		authentication.begin();
		authentication.onAuth(CONTINUE, properties("TEST"));
		expect(authentication.accept(properties("TEST"))).toBe(AUTH_UNEXPECTED);
		authentication.onAuth(CONTINUE, properties("TEST"));
		expect(told).toEqual([AUTH_UNEXPECTED]);
	});

	test("AUTH without an exchange", () => {
		const { authentication, told } = accepted();
		authentication.onAuth(CONTINUE, properties("TEST"));
		expect(told).toEqual([AUTH_UNEXPECTED]);
		authentication.onAuth(0, properties("TEST"));
		expect(told).toEqual([AUTH_UNEXPECTED, AUTH_UNEXPECTED]);
	});

	test.each([undefined, "TEST"])("data too long to be kept, method %p", (name) => {
		const { authentication, told, skipping } = setUp();
		const received = properties(name);
		received.truncate();
		skipping.data = true;
		authentication.begin();
		authentication.onAuth(CONTINUE, received);
		expect(told).toEqual([AUTH_TOO_LONG]);
		authentication.begin();
		expect(authentication.accept(received)).toBe(AUTH_TOO_LONG);
	});

	test.each(["ask", undefined])("another property that was too long is none, data %p", (data) => {
		const { authentication, told } = setUp();
		const received = properties("TEST", data);
		received.truncate();
		authentication.begin();
		authentication.onAuth(CONTINUE, received);
		expect(told).toEqual([]);
	});
});

describe("again", () => {
	test("begins with an AUTH of code 0x19, only after CONNACK, and not while one is under way", () => {
		const { authentication, method, told } = setUp();
		expect(authentication.reauthenticate()).toBe(false);
		authentication.begin();
		expect(authentication.reauthenticate()).toBe(false);
		expect(authentication.accept(properties("TEST"))).toBeUndefined();
		method.calls.length = 0;
		expect(authentication.awaits).toBe(false);
		expect(authentication.reauthenticate()).toBe(true);
		expect(authentication.reauthenticate()).toBe(false);
		expect(authentication.awaits).toBe(true);
		expect(told).toEqual([["auth", 0x19, "TEST", "first"]]);
		authentication.onAuth(CONTINUE, properties("TEST", "ask"));
		expect(authentication.awaits).toBe(false);
		method.answers[0](bytes("answer"));
		expect(authentication.awaits).toBe(true);
		authentication.onAuth(0, properties("TEST", "proof"));
		expect(authentication.awaits).toBe(false);
		expect(told.slice(1)).toEqual([["auth", CONTINUE, "TEST", "answer"], "again"]);
		expect(method.calls).toEqual(["begin", "respond ask", "finish proof", "stop"]);
		expect(authentication.reauthenticate()).toBe(true);
	});

	test("ends the connection when it fails", () => {
		const { authentication, method, told } = accepted();
		method.failure = REFUSED;
		authentication.reauthenticate();
		authentication.onAuth(0, properties("TEST", "proof"));
		expect(told.slice(1)).toEqual([REFUSED]);
		expect(authentication.reauthenticate()).toBe(false);
	});

	test("has another method: refused", () => {
		const { authentication, told } = accepted();
		authentication.reauthenticate();
		authentication.onAuth(0, properties("TEST2", "proof"));
		expect(told.slice(1)).toEqual([AUTH_METHOD]);
	});

	test("has an undefined code: refused", () => {
		const { authentication, told } = accepted();
		authentication.reauthenticate();
		authentication.onAuth(0x19, properties("TEST"));
		expect(told.slice(1)).toEqual([AUTH_CODE]);
	});

	test.each([undefined, REFUSED])("does nothing where finish closes the client, and says %s", (reason) => {
		const { authentication, method, told } = accepted();
		method.finish = () => {
			authentication.stop();
			return reason;
		};
		authentication.reauthenticate();
		authentication.onAuth(0, properties("TEST", "proof"));
		expect(told).toHaveLength(1);
		expect(authentication.reauthenticate()).toBe(false);
	});

	test("does nothing where the authenticator closes the client", () => {
		const { authentication, method, told } = accepted();
		method.begin = () => {
			authentication.stop();
			return undefined;
		};
		expect(authentication.reauthenticate()).toBe(false);
		expect(told).toEqual([]);
	});
});

describe("an authenticator that throws", () => {
	const error = new Error("mine");

	test("in begin: the call throws, and nothing has happened", () => {
		const { authentication, method, told } = accepted();
		method.error = error;
		expect(() => authentication.reauthenticate()).toThrow(error);
		expect(told).toEqual([]);
		method.error = undefined;
		expect(authentication.reauthenticate()).toBe(true);
	});

	test("in respond and finish: the connection ends, and then it is thrown", () => {
		const { authentication, method, told } = setUp();
		authentication.begin();
		method.error = error;
		expect(() => authentication.onAuth(CONTINUE, properties("TEST"))).toThrow(error);
		expect(told).toEqual([AUTHENTICATOR_FAILED]);
		method.error = undefined;
		authentication.begin();
		method.error = error;
		expect(() => authentication.accept(properties("TEST"))).toThrow(error);
		expect(told).toEqual([AUTHENTICATOR_FAILED, AUTHENTICATOR_FAILED]);
	});

	test("after it has closed the client: the connection ends once", () => {
		const { authentication, method, told } = setUp();
		authentication.begin();
		method.respond = () => {
			authentication.stop();
			throw error;
		};
		expect(() => authentication.onAuth(CONTINUE, properties("TEST"))).toThrow(error);
		expect(told).toEqual([]);
	});

	test("data of more than 65535 bytes are its fault", () => {
		const { authentication, method, told } = setUp();
		authentication.begin();
		authentication.onAuth(CONTINUE, properties("TEST"));
		expect(() => method.answers[0](new Uint8Array(65_536))).toThrow(
			"authentication data has 65536 bytes: it must have at most 65535",
		);
		expect(told).toEqual([AUTHENTICATOR_FAILED]);
	});
});

test.each([
	[null, /TypeError: authentication is null: it must have method, begin, respond and finish/],
	[{ method: "X" }, /TypeError: authentication is \[object Object\]: it must have/],
	[Object.assign(new Method(), { method: 5 }), /TypeError: authentication.method must be a string/],
	[Object.assign(new Method(), { method: "" }), /RangeError: authentication.method is ""/],
	[Object.assign(new Method(), { method: "\0" }), /RangeError: authentication.method .* null character/],
])("%p is no authenticator, and told so", (value, message) => {
	let told = "";
	try {
		setUp(value as never);
	} catch (error) {
		told = String(error);
	}
	expect(told).toMatch(message);
});

test("the packets are those of an independent encoder", () => {
	const packet = generate(
		{
			cmd: "auth",
			reasonCode: CONTINUE,
			properties: { authenticationMethod: "TEST", authenticationData: Buffer.from("x".repeat(200)) },
		} as never,
		{ protocolVersion: 5 },
	);
	let sent: Uint8Array | undefined;
	const method = new Method();
	const authentication = new Authentication(method, {
		dataSkipped: false,
		sendAuth: (it) => {
			sent = it;
		},
		refuse: () => {},
		onReauthenticated: () => {},
	});
	authentication.begin();
	authentication.onAuth(CONTINUE, properties("TEST"));
	method.answers[0](bytes("x".repeat(200)));
	expect(Buffer.from(sent!).toString("hex")).toBe(packet.toString("hex"));
});
