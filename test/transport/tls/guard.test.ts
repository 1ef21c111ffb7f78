// The guard on handshakes of real servers: what is good passes, cut anywhere; what is not, each byte of it, ends with its
// reason, and no byte of application data goes to TCP before the end of the handshake.

import fc from "fast-check";
import * as reasons from "../../../src/transport/tls/reasons.js";
import type { Reason } from "../../../src/wire/reason.js";
import {
	Content,
	Message,
	message,
	RecordReader,
	record as recordOf,
	uint,
} from "../../support/attacker/records.js";
import { Authority, type Issued } from "../../support/authority.js";
import { type Recorded, record, type Wanted } from "../../support/tls/recorded.js";
import { hex, join, type Manner, type Parts, partsOf, Replay, Tcp } from "../../support/tls/replay.js";

const {
	CHAIN_TOO_LONG,
	TLS_PROTOCOL,
	TLS_VERSION,
	HANDSHAKE_REFUSED,
	CLIENT_CERTIFICATE_REFUSED,
	CIPHER_SUITE,
	WRONG_SIGNATURE,
} = reasons;

const NAMES = ["ECDHE", "ECDSA", "short records", "asks", "asks in vain"];
const recordings: { [name: string]: Recorded } = {};
let ecdsa: Issued;
let otherEcdsa: Issued;
let client: Issued;

beforeAll(async () => {
	const authority = new Authority();
	const server = authority.issue();
	ecdsa = authority.issue({ key: "P-256" });
	otherEcdsa = authority.issue({ key: "P-256" });
	client = authority.issue({ name: "device" });
	const chain = authority.own.file;
	const wanted: [string, Wanted][] = [
		["ECDHE", { server, cipher: "ECDHE-RSA-AES128-GCM-SHA256", chain }],
		["ECDSA", { server: ecdsa, cipher: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
		["short records", { server, cipher: "ECDHE-RSA-AES128-GCM-SHA256", chain, fragment: 512 }],
		["asks", { server, cipher: "ECDHE-RSA-AES128-GCM-SHA256", client }],
		["asks in vain", { server, cipher: "ECDHE-RSA-AES128-GCM-SHA256", request: true }],
	];
	for (const [name, each] of wanted) recordings[name] = await record(each);
	authority.remove();
}, 120_000);

const all = ({ server }: Recorded) => Buffer.concat(server);

/** Ended for this reason, and nothing of the app's went out. */
function expectEnd(replay: Replay, reason: Reason | undefined): void {
	expect(replay.reason).toBe(reason);
	expect(replay.isOpen).toBe(false);
	replay.hurry();
	expect(replay.reason).toBe(reason);
	expect(replay.isTold).toBe(false);
}

/** All of it passed. */
function expectGood(replay: Replay, recorded: Recorded): void {
	const { messages, change, finished, data } = partsOf(recorded);
	expect(replay.reason).toBe(undefined);
	expect(hex(replay.got)).toEqual(
		hex([...messages.map((each) => recordOf(Content.HANDSHAKE, each)), change, finished, data]),
	);
	const [hello, flight, text] = new RecordReader().push(replay.sent).map(({ type }) => type);
	expect([hello, flight, text]).toEqual([Content.HANDSHAKE, Content.HANDSHAKE, expect.any(Number)]);
	expect(replay.isTold).toBe(true);
}

describe.each(NAMES)("a good handshake, %s,", (name) => {
	test("passes, each message in a record of its own", () => {
		expectGood(new Replay(recordings[name]).converse(all(recordings[name])), recordings[name]);
	});

	test("passes byte by byte, and nothing of the app's before its end", () => {
		const recorded = recordings[name];
		const { data } = partsOf(recorded);
		const bytes = all(recorded);
		const replay = new Replay(recorded);
		for (let at = 0; at < bytes.length - data.length; at++) {
			expect(replay.isTold).toBe(false);
			replay.feed(bytes.subarray(at, at + 1));
		}
		expect(replay.isTold).toBe(true);
		expectGood(replay.feed(data), recorded);
	});

	test("passes cut anywhere, from a TCP that gives less than it is asked for", () => {
		const recorded = recordings[name];
		const bytes = all(recorded);
		fc.assert(
			fc.property(
				fc.array(fc.nat(bytes.length), { maxLength: 40 }),
				fc.constantFrom(Number.POSITIVE_INFINITY, 1, 2, 3, 7, 100),
				(cuts, most) => {
					const tcp = Object.assign(new Tcp(), { most });
					expectGood(new Replay(recorded, { tcp }).converse(bytes, cuts), recorded);
				},
			),
			{ numRuns: 60 },
		);
	});

	test("passes with its messages in records of any length", () => {
		const recorded = recordings[name];
		const { messages, change, finished, data } = partsOf(recorded);
		const body = Buffer.concat(messages);
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (lengths) => {
				const records: Buffer[] = [];
				for (let at = 0, i = 0; at < body.length; at += lengths[i++ % lengths.length])
					records.push(recordOf(Content.HANDSHAKE, body.subarray(at, at + lengths[i % lengths.length])));
				expectGood(
					new Replay(recorded).converse(Buffer.concat([...records, change, finished, data])),
					recorded,
				);
			}),
			{ numRuns: 60 },
		);
	});

	test("ends without the broker's certificate being good: none of our flight goes out", () => {
		const recorded = recordings[name];
		const replay = new Replay(recorded, { refuses: true }).converse(all(recorded));
		expectEnd(replay, TLS_PROTOCOL);
		expect(replay.sent).toEqual(recorded.client[0]);
	});

	test("stays closed while the session does not say that Finished is good", () => {
		const recorded = recordings[name];
		const replay = new Replay(recorded, { doubts: true }).converse(all(recorded));
		expect(replay.got.length).toBe(partsOf(recorded).messages.length + 2);
		expect(replay.guard.finished).toBe(true);
		expect(replay.guard.readable).toBe(0);
		expect(replay.reason).toBe(undefined);
		replay.hurry();
		expectEnd(replay, TLS_PROTOCOL);
	});

	test("is over as soon as a session sends application data before its end, wherever that is", () => {
		const recorded = recordings[name];
		const bytes = all(recorded);
		const { data } = partsOf(recorded);
		for (let at = 0; at <= bytes.length - data.length - 1; at += 31) {
			const replay = new Replay(recorded).converse(bytes.subarray(0, at));
			expect(replay.reason).toBe(undefined);
			replay.hurry();
			expectEnd(replay, TLS_PROTOCOL);
		}
	});
});

/** With some parts changed, in messages of a record each. */
const changed = (name: string, change: (parts: Parts) => void, manner?: Manner) => {
	const parts = partsOf(recordings[name]);
	change(parts);
	return new Replay(recordings[name], manner).converse(join(parts));
};

describe.each(NAMES)("what is out of order ends a handshake, %s:", (name) => {
	const positions = () => partsOf(recordings[name]).messages.map((_, i) => i);

	test("a message is missing", () => {
		for (const i of positions()) {
			const { messages } = partsOf(recordings[name]);
			// Who needs not ask for a certificate may leave that out.
			if (messages[i][0] === Message.CERTIFICATE_REQUEST) continue;
			const replay = changed(name, (parts) => parts.messages.splice(i, 1));
			expectEnd(replay, TLS_PROTOCOL);
		}
	});

	test("a message comes twice", () => {
		for (const i of positions())
			expectEnd(
				changed(name, ({ messages }) => messages.splice(i, 0, messages[i])),
				TLS_PROTOCOL,
			);
	});

	test("two messages have changed places", () => {
		for (const i of positions().slice(1))
			expectEnd(
				changed(name, ({ messages }) => messages.splice(i - 1, 2, messages[i], messages[i - 1])),
				TLS_PROTOCOL,
			);
	});

	test.each([
		["HelloRequest", message(Message.HELLO_REQUEST)],
		["ClientHello", message(Message.CLIENT_HELLO, Buffer.alloc(40, 3))],
		["NewSessionTicket", message(4 as Message, Buffer.alloc(40))],
		["CertificateStatus", message(22 as Message, Buffer.alloc(40))],
		["CertificateVerify", message(15 as Message, Buffer.alloc(40))],
		["ClientKeyExchange", message(Message.CLIENT_KEY_EXCHANGE, Buffer.alloc(40))],
		["Finished", message(Message.FINISHED, Buffer.alloc(12))],
		["a message without a name", message(99 as Message, Buffer.alloc(4))],
	])("%s comes, anywhere", (_what, other) => {
		for (const i of [...positions(), positions().length])
			expectEnd(
				changed(name, ({ messages }) => messages.splice(i, 0, other)),
				TLS_PROTOCOL,
			);
	});

	const records: [string, Buffer][] = [
		["application data", recordOf(Content.APPLICATION_DATA, Buffer.alloc(40))],
		["ChangeCipherSpec", recordOf(Content.CHANGE_CIPHER_SPEC, Buffer.of(1))],
		["close_notify", recordOf(Content.ALERT, Buffer.of(1, 0))],
		["a record without content", recordOf(Content.HANDSHAKE, Buffer.alloc(0))],
		["application data without content", recordOf(Content.APPLICATION_DATA, Buffer.alloc(0))],
		["a heartbeat", recordOf(24 as Content, Buffer.of(1, 0, 0))],
		["a warning", recordOf(Content.ALERT, Buffer.of(1, 90))],
	];

	test.each(records)("%s comes, anywhere in the clear", (_what, other) => {
		const { messages, change, finished } = partsOf(recordings[name]);
		const whole = [...messages.map((each) => recordOf(Content.HANDSHAKE, each)), change, finished];
		for (let i = 0; i < whole.length; i++) {
			// In place of it this would be right.
			if (whole[i] === change && other.equals(change)) continue;
			const bytes = Buffer.concat([...whole.slice(0, i), other, ...whole.slice(i)]);
			expectEnd(new Replay(recordings[name]).feed(bytes), TLS_PROTOCOL);
		}
	});

	test.each(records)("%s comes in the midst of a message", (_what, other) => {
		const { messages } = partsOf(recordings[name]);
		for (let i = 0; i < messages.length; i++)
			for (const at of [1, 3, 4, messages[i].length - 1]) {
				if (at >= messages[i].length) continue;
				const before = messages.slice(0, i).map((each) => recordOf(Content.HANDSHAKE, each));
				const half = recordOf(Content.HANDSHAKE, messages[i].subarray(0, at));
				const rest = recordOf(Content.HANDSHAKE, messages[i].subarray(at));
				const bytes = Buffer.concat([...before, half, other, rest]);
				expectEnd(new Replay(recordings[name]).feed(bytes), TLS_PROTOCOL);
			}
	});

	test("ChangeCipherSpec comes before our flight has gone", () => {
		expectEnd(new Replay(recordings[name]).feed(all(recordings[name])), TLS_PROTOCOL);
	});

	test("ChangeCipherSpec is missing, comes twice, says something else, or more", () => {
		const none = Buffer.alloc(0);
		const twice = recordOf(Content.CHANGE_CIPHER_SPEC, Buffer.of(1, 1));
		const other = recordOf(Content.CHANGE_CIPHER_SPEC, Buffer.of(2));
		const empty = recordOf(Content.CHANGE_CIPHER_SPEC, none);
		for (const change of [none, twice, other, empty])
			expectEnd(
				changed(name, (parts) => Object.assign(parts, { change })),
				TLS_PROTOCOL,
			);
		expectEnd(
			changed(name, (parts) => Object.assign(parts, { change: Buffer.concat([parts.change, parts.change]) })),
			TLS_PROTOCOL,
		);
	});

	test("something else than Finished is the first that is encrypted", () => {
		for (const type of [Content.APPLICATION_DATA, Content.ALERT, 24 as Content])
			expectEnd(
				changed(name, ({ finished }) => void (finished[0] = type)),
				TLS_PROTOCOL,
			);
	});

	test.each([
		["another record of the handshake", (parts: Parts) => parts.finished],
		["ChangeCipherSpec", (parts: Parts) => parts.change],
		["close_notify in the clear", () => recordOf(Content.ALERT, Buffer.of(1, 0))],
		["data in the clear", () => recordOf(Content.APPLICATION_DATA, Buffer.alloc(23))],
		["a record without content", () => recordOf(Content.APPLICATION_DATA, Buffer.alloc(0))],
		["a heartbeat", () => recordOf(24 as Content, Buffer.alloc(40))],
	])("after Finished %s comes", (_what, make) => {
		const replay = changed(name, (parts) => Object.assign(parts, { data: make(parts) }));
		expect(replay.reason).toBe(TLS_PROTOCOL);
		expect(replay.guard.readable).toBe(0);
		const { length } = replay.sent;
		replay.hurry();
		expect(replay.sent.length).toBe(length);
	});
});

describe("alerts in the clear:", () => {
	const FLIGHT = ["asks", "asks in vain"];
	/** Right after ClientHello; after the broker's flight, when ours is out. */
	const early = (name: string, level: number, description: number) =>
		new Replay(recordings[name]).feed(recordOf(Content.ALERT, Buffer.of(level, description)));
	const late = (name: string, level: number, description: number) =>
		changed(name, (parts) =>
			Object.assign(parts, { change: recordOf(Content.ALERT, Buffer.of(level, description)) }),
		);

	test.each([
		[40, HANDSHAKE_REFUSED],
		[71, HANDSHAKE_REFUSED],
		[112, HANDSHAKE_REFUSED],
		[120, HANDSHAKE_REFUSED],
		[70, TLS_VERSION],
		[42, TLS_PROTOCOL],
		[48, TLS_PROTOCOL],
		[51, TLS_PROTOCOL],
		[80, TLS_PROTOCOL],
		[0, TLS_PROTOCOL],
		[10, TLS_PROTOCOL],
	])("%d instead of ServerHello", (description, reason) => {
		expectEnd(early("ECDHE", 2, description), reason);
	});

	test.each([42, 43, 44, 45, 46, 48, 49, 116])("%d after our certificate", (description) => {
		for (const name of FLIGHT) expectEnd(late(name, 2, description), CLIENT_CERTIFICATE_REFUSED);
	});

	test.each([40, 51])("%d after our flight: our certificate, if there was a request", (description) => {
		for (const name of FLIGHT) expectEnd(late(name, 2, description), CLIENT_CERTIFICATE_REFUSED);
		expectEnd(late("ECDHE", 2, description), description === 40 ? HANDSHAKE_REFUSED : TLS_PROTOCOL);
	});

	test("a warning is no refusal, but of the name", () => {
		for (const description of [40, 42, 48, 70, 71, 120]) {
			expectEnd(early("ECDHE", 1, description), TLS_PROTOCOL);
			expectEnd(late("asks", 1, description), TLS_PROTOCOL);
		}
		expectEnd(early("ECDHE", 1, 112), HANDSHAKE_REFUSED);
	});

	test("of another length", () => {
		for (const body of [
			Buffer.of(2),
			Buffer.of(2, 40, 0),
			Buffer.of(2, 2, 70),
			Buffer.alloc(0),
			Buffer.alloc(300),
		])
			expectEnd(new Replay(recordings.ECDHE).feed(recordOf(Content.ALERT, body)), TLS_PROTOCOL);
	});

	test("byte by byte, with the version of an older protocol", () => {
		const replay = new Replay(recordings.ECDHE);
		for (const byte of recordOf(Content.ALERT, Buffer.of(2, 70), 0x0301)) replay.feed(Buffer.of(byte));
		expectEnd(replay, TLS_VERSION);
	});
});

describe("headers of records:", () => {
	test("of another version, but in the first", () => {
		const bytes = all(recordings.ECDHE);
		let at = 0;
		for (const { bytes: each } of new RecordReader().push(bytes)) {
			for (const version of [0x0301, 0x0300, 0x0304, 0x0403, 0x0203]) {
				const other = Buffer.from(bytes);
				uint(version, 2).copy(other, at + 1);
				const replay = new Replay(recordings.ECDHE).converse(other);
				if (at === 0 && version >> 8 === 3) expect(replay.reason).toBe(undefined);
				else expect(replay.reason).toBe(TLS_PROTOCOL);
			}
			at += each.length;
		}
	});

	test("longer than TLS allows, before the handshake's end", () => {
		for (const length of [16_385, 18_433, 65_535]) {
			const header = Buffer.concat([Buffer.of(Content.HANDSHAKE, 3, 3), uint(length, 2)]);
			expectEnd(new Replay(recordings.ECDHE).feed(header), reasons.RECORD_TOO_LONG);
		}
	});

	test.each([512, 1024, 2048, 4096, 16_384])(
		"longer than %d bytes and what encryption adds",
		(fragmentLength) => {
			const most = fragmentLength + 304;
			const data = recordOf(Content.APPLICATION_DATA, Buffer.alloc(most));
			const good = changed("ECDHE", (parts) => Object.assign(parts, { data }), { fragmentLength });
			expect(good.reason).toBe(undefined);
			expect(good.got[good.got.length - 1].length).toBe(5 + most);
			const long = recordOf(Content.APPLICATION_DATA, Buffer.alloc(most + 1));
			const bad = changed("ECDHE", (parts) => Object.assign(parts, { data: long }), { fragmentLength });
			expect(bad.reason).toBe(reasons.RECORD_TOO_LONG);
		},
	);

	test.each(["HTTP/1.1 400 Bad Request\r\n\r\n", "\x20\x02\x00\x00", "SSH-2.0-x\r\n", "\x00", "\x80"])(
		"who speaks no TLS is known by the first byte: %j",
		(text) => {
			expectEnd(new Replay(recordings.ECDHE).feed(Buffer.from(text.slice(0, 1), "latin1")), TLS_PROTOCOL);
			expectEnd(new Replay(recordings.ECDHE).feed(Buffer.from(text, "latin1")), TLS_PROTOCOL);
		},
	);
});

describe("what messages say:", () => {
	/** A byte of a message is another. */
	const set = (name: string, type: Message, at: number, value: number) =>
		changed(name, ({ messages }) => {
			const it = messages.find((each) => each[0] === type)!;
			it[at < 0 ? it.length + at : 4 + at] = value;
		});
	const bodyOf = (name: string, type: Message) =>
		partsOf(recordings[name])
			.messages.find((each) => each[0] === type)!
			.subarray(4);
	const suiteAt = (name: string) => 35 + bodyOf(name, Message.SERVER_HELLO)[34];

	test.each([
		[0, 2],
		[0, 4],
		[1, 1],
		[1, 2],
		[1, 4],
	])("byte %d of the version is %d", (at, value) => {
		expectEnd(set("ECDHE", Message.SERVER_HELLO, at, value), TLS_VERSION);
	});

	test("a session identifier that is too long", () => {
		for (const length of [0, 1, 32, 33, 255]) {
			const body = [
				uint(0x0303, 2),
				Buffer.alloc(32),
				uint(length, 1),
				Buffer.alloc(length),
				uint(0xc02f, 2),
			];
			const hello = message(Message.SERVER_HELLO, ...body, Buffer.of(0));
			const replay = new Replay(recordings.ECDHE).feed(recordOf(Content.HANDSHAKE, hello));
			expect(replay.reason).toBe(length > 32 ? TLS_PROTOCOL : undefined);
		}
	});

	test("each suite but those that are offered", () => {
		const offered = [0xc02f, 0xc02b];
		const parts = partsOf(recordings.ECDHE);
		const at = 4 + suiteAt("ECDHE");
		for (const high of [0, 0xc0, 0x13, 0xcc, 0x56, 1])
			for (let low = 0; low < 256; low++) {
				parts.messages[0][at] = high;
				parts.messages[0][at + 1] = low;
				const replay = new Replay(recordings.ECDHE).feed(recordOf(Content.HANDSHAKE, parts.messages[0]));
				const known = offered.includes((high << 8) | low);
				expect(replay.reason).toBe(known ? undefined : CIPHER_SUITE);
			}
	});

	test("compression", () => {
		expectEnd(set("ECDHE", Message.SERVER_HELLO, suiteAt("ECDHE") + 2, 1), TLS_PROTOCOL);
	});

	test("a suite with another kind of signature than what follows", () => {
		for (const [name, low] of [
			["ECDHE", 0x2b],
			["ECDSA", 0x2f],
		] as const)
			expectEnd(
				changed(name, ({ messages }) => {
					messages[0][5 + suiteAt(name)] = low;
				}),
				TLS_PROTOCOL,
			);
	});

	test("curve, point and signature of ECDHE", () => {
		const type = Message.SERVER_KEY_EXCHANGE;
		for (const [at, value] of [
			[0, 1], // explicit prime
			[0, 2],
			[1, 1],
			[2, 24], // secp384r1
			[2, 29], // x25519
			[3, 64],
			[3, 97],
			[3, 0],
			[4, 2], // compressed
			[69, 0], // hash
			[69, 1],
			[69, 2],
			[69, 3],
			[69, 5],
			[69, 6],
			[70, 0], // signature algorithm
			[70, 2],
			[70, 3],
			[70, 7],
			[71, 2], // its length
			[72, 1],
		])
			expectEnd(set("ECDHE", type, at, value), TLS_PROTOCOL);
		expectEnd(set("ECDSA", type, 70, 1), TLS_PROTOCOL);
	});

	test("a signature that is not that of the certificate's key, or of something else", () => {
		const type = Message.SERVER_KEY_EXCHANGE;
		for (const name of ["ECDHE", "ECDSA"]) {
			const body = bodyOf(name, type);
			for (const at of [5, 40, 68, 80, body.length - 1])
				expectEnd(set(name, type, at, body[at] ^ 1), WRONG_SIGNATURE);
			for (const at of [2, 17, 33])
				expectEnd(
					set(name, Message.SERVER_HELLO, at, bodyOf(name, Message.SERVER_HELLO)[at] ^ 1),
					WRONG_SIGNATURE,
				);
			const others = name === "ECDHE" ? [ecdsa, client] : [client, otherEcdsa];
			for (const { der: owner } of others)
				expectEnd(new Replay(recordings[name], { owner }).converse(all(recordings[name])), WRONG_SIGNATURE);
		}
		// What another client was told.
		const [hello, ...rest] = recordings.ECDHE.client;
		const other = Buffer.from(hello);
		other[11 + 20] ^= 1;
		const replay = new Replay({ ...recordings.ECDHE, client: [other, ...rest] });
		expectEnd(replay.converse(all(recordings.ECDHE)), WRONG_SIGNATURE);
	});

	test("an ECDSA signature of two zeros, or of the order of the curve", () => {
		const order = Buffer.from("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
		const encode = (...numbers: Buffer[]) => {
			const content = Buffer.concat(
				numbers.map((each) => Buffer.concat([Buffer.from([2, each.length]), each])),
			);
			return Buffer.concat([Buffer.from([0x30, content.length]), content]);
		};
		const zero = Buffer.alloc(1);
		for (const signature of [
			encode(zero, zero),
			encode(order, order),
			encode(zero, order),
			Buffer.alloc(0),
			zero,
		])
			expectEnd(
				changed("ECDSA", ({ messages }) => {
					const at = messages.findIndex(([type]) => type === Message.SERVER_KEY_EXCHANGE);
					const head = messages[at].subarray(4, 4 + 71);
					const length = Buffer.from([signature.length >> 8, signature.length]);
					messages[at] = message(Message.SERVER_KEY_EXCHANGE, Buffer.concat([head, length, signature]));
				}),
				WRONG_SIGNATURE,
			);
	});

	test("a ServerKeyExchange that is longer than any may be", () => {
		expectEnd(
			changed("ECDHE", ({ messages }) => {
				const at = messages.findIndex(([type]) => type === Message.SERVER_KEY_EXCHANGE);
				messages[at] = message(
					Message.SERVER_KEY_EXCHANGE,
					Buffer.concat([messages[at].subarray(4), Buffer.alloc(400)]),
				);
			}),
			TLS_PROTOCOL,
		);
	});

	test.each(["ECDHE", "ECDSA"])("messages cut short, %s", (name) => {
		const { messages } = partsOf(recordings[name]);
		for (let i = 0; i < messages.length; i++) {
			const [type] = messages[i];
			if (type === Message.CERTIFICATE) continue; // is the session's to read
			const body = messages[i].subarray(4);
			// Behind the compression there may be nothing.
			const whole = type === Message.SERVER_HELLO ? suiteAt(name) + 3 : body.length;
			for (let length = 0; length < whole; length++) {
				const replay = changed(name, (parts) =>
					parts.messages.splice(i, 1, message(type, body.subarray(0, length))),
				);
				expectEnd(replay, TLS_PROTOCOL);
			}
		}
	});

	test("ServerHelloDone with something in it", () => {
		const more = message(Message.SERVER_HELLO_DONE, Buffer.of(0));
		expectEnd(
			changed("ECDHE", ({ messages }) => messages.splice(-1, 1, more)),
			TLS_PROTOCOL,
		);
	});

	const lengths = [16_381, 65_535, 0xff_ffff];
	test.each(lengths)("a CertificateRequest of %d bytes", (length) => {
		const header = Buffer.concat([Buffer.of(Message.CERTIFICATE_REQUEST), uint(length, 3)]);
		const { messages } = partsOf(recordings.ECDHE);
		const bytes = Buffer.concat([
			...messages.slice(0, 3).map((each) => recordOf(Content.HANDSHAKE, each)),
			recordOf(Content.HANDSHAKE, header),
			...Array.from({ length: 20 }, () => recordOf(Content.HANDSHAKE, Buffer.alloc(1000))),
		]);
		expectEnd(new Replay(recordings.ECDHE).feed(bytes), reasons.TOO_MANY_AUTHORITIES);
	});

	test.each(lengths)("certificates of %d bytes", (length) => {
		const header = Buffer.concat([Buffer.of(Message.CERTIFICATE), uint(length, 3)]);
		const { messages } = partsOf(recordings.ECDHE);
		const bytes = [messages[0], header, Buffer.alloc(1000)].map((each) => recordOf(Content.HANDSHAKE, each));
		expectEnd(new Replay(recordings.ECDHE).feed(Buffer.concat(bytes)), CHAIN_TOO_LONG);
	});

	/** A session makes an object of each, before anybody can judge: a board has memory for a few hundred. */
	test("more certificates than are taken do not reach the session, empty ones too", () => {
		const { messages } = partsOf(recordings.ECDHE);
		const certificates = (count: number, size: number) => {
			const all = Array.from({ length: count }, () => Buffer.concat([uint(size, 3), Buffer.alloc(size)]));
			return message(Message.CERTIFICATE, Buffer.concat([uint(count * (3 + size), 3), ...all]));
		};
		for (const [count, size] of [
			[9, 0],
			[9, 700],
			[5458, 0],
		])
			for (const cuts of [[], Array.from({ length: 400 }, (_, i) => i)]) {
				const bytes = [messages[0], certificates(count, size)].map((each) =>
					recordOf(Content.HANDSHAKE, each),
				);
				const replay = new Replay(recordings.ECDHE).feed(Buffer.concat(bytes), cuts);
				expectEnd(replay, CHAIN_TOO_LONG);
				expect(replay.got.length).toBe(1);
			}
		const bytes = [messages[0], certificates(8, 2000)].map((each) => recordOf(Content.HANDSHAKE, each));
		const replay = new Replay(recordings.ECDHE).feed(Buffer.concat(bytes));
		expect([replay.reason, replay.got.length]).toEqual([undefined, 2]);
	});

	test("more names of authorities than are taken do not reach the session", () => {
		const { messages } = partsOf(recordings.ECDHE);
		const request = (count: number, size: number, types: number, algorithms: number) => {
			const all = Array.from({ length: count }, () => Buffer.concat([uint(size, 2), Buffer.alloc(size)]));
			return message(
				Message.CERTIFICATE_REQUEST,
				Buffer.concat([
					uint(types, 1),
					Buffer.alloc(types, 1),
					uint(algorithms, 2),
					Buffer.alloc(algorithms, 4),
					uint(count * (2 + size), 2),
					...all,
				]),
			);
		};
		const feed = (...wanted: [number, number, number, number]) => {
			const bytes = [...messages.slice(0, 3), request(...wanted)].map((each) =>
				recordOf(Content.HANDSHAKE, each),
			);
			return new Replay(recordings.ECDHE).feed(
				Buffer.concat(bytes),
				Array.from({ length: 9000 }, (_, i) => i),
			);
		};
		for (const wanted of [
			[257, 0, 1, 2],
			[257, 55, 255, 500],
			[8180, 0, 0, 0],
		] as [number, number, number, number][]) {
			const replay = feed(...wanted);
			expectEnd(replay, reasons.TOO_MANY_AUTHORITIES);
			expect(replay.got.length).toBe(3);
		}
		for (const wanted of [
			[256, 60, 3, 20],
			[0, 0, 255, 600],
			[1, 16_000, 0, 0],
		] as [number, number, number, number][]) {
			const replay = feed(...wanted);
			expect([replay.reason, replay.got.length]).toEqual([undefined, 4]);
		}
	});

	test("the longest message that may be", () => {
		const { messages } = partsOf(recordings.ECDHE);
		const list = Buffer.concat([uint(16_377, 3), uint(16_374, 3), Buffer.alloc(16_374)]);
		const certificate = message(Message.CERTIFICATE, list);
		const bytes = [messages[0], certificate].map((each) => recordOf(Content.HANDSHAKE, each));
		const replay = new Replay(recordings.ECDHE).feed(Buffer.concat(bytes));
		expect(replay.reason).toBe(undefined);
		expect(replay.got[1].length).toBe(5 + 16_384);
	});
});

test("hostile bytes: whatever comes, nothing of the app's goes out, and no more is read once it has ended", () => {
	const recorded = recordings.ECDHE;
	const bytes = all(recorded);
	const { data } = partsOf(recorded);
	const length = bytes.length - data.length;
	fc.assert(
		fc.property(fc.nat(length - 1), fc.nat(255), fc.array(fc.nat(length)), (at, value, cuts) => {
			const other = Buffer.from(bytes.subarray(0, length - 1));
			if (at < other.length) other[at] = value;
			const replay = new Replay(recorded, { hurries: false }).converse(other, cuts);
			expect(replay.isTold).toBe(false);
			if (replay.reason === undefined) return;
			expect(replay.guard.readable).toBe(0);
			expect(replay.guard.read(new Uint8Array(9))).toBe(0);
		}),
		{ numRuns: 400 },
	);
});

describe("TCP:", () => {
	test("a flight that is longer than the room goes as there is some, in order", () => {
		const recorded = recordings.asks;
		const bytes = all(recorded);
		const tcp = Object.assign(new Tcp(), { room: 100 });
		const replay = new Replay(recorded, { tcp });
		expect(replay.sent.equals(recorded.client[0].subarray(0, 100))).toBe(true);
		const { change, finished, data } = partsOf(recorded);
		replay.feed(bytes.subarray(0, bytes.length - change.length - finished.length - data.length));
		const wanted = Buffer.concat(recorded.client.slice(0, 2));
		for (let i = 0; i < 200 && replay.sent.length < wanted.length; i++) {
			tcp.room = 17;
			replay.guard.makeRoom(17);
		}
		expect(replay.sent.equals(wanted)).toBe(true);
		tcp.room = 1000;
		replay.guard.makeRoom(1000);
		replay.feed(Buffer.concat([change, finished, data]));
		expectGood(replay, recorded);
	});

	test("our flight goes in one write: the broker may close when it has read the beginning", () => {
		const recorded = recordings.asks;
		const tcp = new Tcp();
		const lengths: number[] = [];
		const { write } = tcp;
		tcp.write = (bytes) => {
			lengths.push(bytes.length);
			return write.call(tcp, bytes);
		};
		new Replay(recorded, { tcp }).converse(all(recorded));
		expect(lengths.slice(0, 2)).toEqual(recorded.client.slice(0, 2).map(({ length }) => length));
	});

	/** OpenSSL's servers end what is longer than was agreed with record_overflow. */
	test("our certificate goes in records as short as was agreed, the rest as it was", () => {
		const recorded = recordings.asks;
		const flight = (bytes: Uint8Array) => new RecordReader().push(bytes);
		const clear = (bytes: Uint8Array) => {
			const records = flight(bytes);
			return records.slice(
				0,
				records.findIndex(({ type }) => type === Content.CHANGE_CIPHER_SPEC),
			);
		};
		const joined = (bytes: Uint8Array) => Buffer.concat(clear(bytes).map(({ body }) => body));
		for (const fragmentLength of [512, 1024]) {
			const replay = new Replay(recorded, { fragmentLength }).converse(all(recorded));
			expectGood(replay, recorded);
			const lengths = clear(replay.sent).map(({ body }) => body.length);
			expect(Math.max(...lengths)).toBeLessThanOrEqual(fragmentLength);
			const wanted = Buffer.concat(recorded.client.slice(0, 2));
			expect(joined(replay.sent).equals(joined(wanted))).toBe(true);
			const rest = (bytes: Uint8Array) => flight(bytes).slice(clear(bytes).length);
			expect(
				hex(
					rest(replay.sent)
						.slice(0, 2)
						.map(({ bytes }) => bytes),
				),
			).toEqual(hex(rest(wanted).map(({ bytes }) => bytes)));
		}
	});

	test("what waits for room is a copy: a session may use its buffer again", () => {
		const [hello] = recordings.ECDHE.client;
		const tcp = Object.assign(new Tcp(), { room: 0 });
		const replay = new Replay({ client: [Buffer.alloc(0), Buffer.alloc(0)], server: [] }, { tcp });
		const bytes = new Uint8Array(hello);
		replay.guard.write(bytes);
		bytes.fill(0);
		expect(replay.guard.waits).toBe(true);
		tcp.room = 1000;
		replay.guard.makeRoom(1000);
		expect(replay.guard.waits).toBe(false);
		expect(replay.sent.equals(hello)).toBe(true);
	});

	test("the end of a handshake while some of our flight has not gone out", () => {
		const recorded = recordings.ECDHE;
		const tcp = Object.assign(new Tcp(), { room: recorded.client[0].length + 10 });
		expectEnd(new Replay(recorded, { tcp }).converse(all(recorded)), TLS_PROTOCOL);
	});

	test.each([
		[
			"throws",
			() => {
				throw new Error("out of memory");
			},
		],
		["has failed", () => undefined],
	])("a write that %s is no fault of the broker's", (_how, onWrite) => {
		const tcp = Object.assign(new Tcp(), { onWrite });
		const replay = new Replay(recordings.ECDHE, { tcp });
		expect(replay.guard.lost).toBe(true);
		expect(replay.reason).toBe(undefined);
	});

	test("a read that throws, and one that gives nothing though there is something", () => {
		const bytes = all(recordings.ECDHE);
		for (const read of [
			() => {
				throw new Error("bad");
			},
			() => undefined,
		]) {
			const replay = new Replay(recordings.ECDHE).feed(bytes.subarray(0, 20));
			replay.tcp.read = read;
			replay.feed(bytes.subarray(20, 100));
			expect(replay.guard.lost).toBe(true);
			expect(replay.reason).toBe(undefined);
		}
	});
});

describe("what a session sends:", () => {
	const done = (name = "ECDHE") => {
		const recorded = recordings[name];
		const bytes = all(recorded);
		const { change, finished, data } = partsOf(recorded);
		return {
			recorded,
			flight: bytes.subarray(0, bytes.length - change.length - finished.length - data.length),
		};
	};
	const handshake = (type: Message) => recordOf(Content.HANDSHAKE, message(type, Buffer.alloc(20)));

	test("half a record, or of another protocol", () => {
		for (const bytes of [
			Buffer.of(22, 3, 3, 0),
			Buffer.of(22, 3, 3, 0, 9, 1),
			Buffer.of(22, 2, 3, 0, 1, 1),
		]) {
			const replay = new Replay({ client: [Buffer.alloc(0), Buffer.alloc(0)], server: [] });
			expect(() => replay.guard.write(bytes)).toThrow();
			expect(replay.reason).toBe(TLS_PROTOCOL);
			expect(replay.sent.length).toBe(0);
		}
	});

	test("something else than ClientHello first, or anything behind it", () => {
		const first = new Replay({ client: [Buffer.alloc(0), Buffer.alloc(0)], server: [] });
		expect(() => first.guard.write(handshake(Message.CLIENT_KEY_EXCHANGE))).toThrow();
		expect(first.sent.length).toBe(0);
		for (const bytes of [
			handshake(Message.CLIENT_HELLO),
			recordOf(Content.CHANGE_CIPHER_SPEC, Buffer.of(1)),
		]) {
			const second = new Replay(recordings.ECDHE);
			expect(() => second.guard.write(bytes)).toThrow();
			expect(second.sent.equals(recordings.ECDHE.client[0])).toBe(true);
		}
	});

	test("a second ChangeCipherSpec, or more behind Finished", () => {
		const { recorded, flight } = done();
		const records = new RecordReader().push(recorded.client[1]).map(({ bytes }) => bytes);
		for (const bytes of [records[records.length - 1], records[records.length - 2]]) {
			const replay = new Replay(recorded).feed(flight);
			expect(replay.reason).toBe(undefined);
			expect(() => replay.guard.write(bytes)).toThrow();
			expect(replay.reason).toBe(TLS_PROTOCOL);
		}
	});

	test("our flight, before the broker's is over, though its certificate is good", () => {
		const { recorded, flight } = done();
		const records = new RecordReader().push(recorded.client[1]).map(({ bytes }) => bytes);
		for (const bytes of records) {
			const replay = new Replay(recorded).feed(flight.subarray(0, flight.length - 9));
			expect(replay.reason).toBe(undefined);
			expect(() => replay.guard.write(bytes)).toThrow();
			expect(replay.sent.equals(recorded.client[0])).toBe(true);
		}
	});

	test("that it is good, before Finished has come", () => {
		const { recorded, flight } = done();
		const { change } = partsOf(recorded);
		for (const bytes of [Buffer.alloc(0), flight.subarray(0, -9), flight, Buffer.concat([flight, change])]) {
			const replay = new Replay(recorded).converse(bytes);
			expect(replay.reason).toBe(undefined);
			expect(() => replay.guard.open()).toThrow();
			expectEnd(replay, TLS_PROTOCOL);
		}
	});

	test("another handshake, once it is open", () => {
		const { recorded } = done();
		for (const type of [Content.HANDSHAKE, Content.CHANGE_CIPHER_SPEC]) {
			const replay = new Replay(recorded).converse(all(recorded));
			const { length } = replay.sent;
			expect(() => replay.guard.write(recordOf(type, Buffer.alloc(40)))).toThrow();
			expect(replay.sent.length).toBe(length);
		}
	});

	test("an alert may go at any time, until the guard has stopped", () => {
		const { recorded, flight } = done();
		const alert = recordOf(Content.ALERT, Buffer.of(2, 42));
		for (const bytes of [Buffer.alloc(0), flight.subarray(0, 30), flight, all(recorded)]) {
			const replay = new Replay(recorded).converse(bytes);
			replay.guard.write(alert);
			expect(replay.sent.subarray(-alert.length).equals(alert)).toBe(true);
		}
		const stopped = new Replay(recorded).feed(Buffer.of(0));
		expect(() => stopped.guard.write(alert)).toThrow();
	});
});
