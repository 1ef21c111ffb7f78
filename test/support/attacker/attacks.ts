// What a man in the middle can do to a client, one case each, and the reason that the client has to give.

import { CONNECT_TIMEOUT } from "../../../src/connection/reasons.js";
import {
	BROKEN_CHAIN,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NOT_YET_VALID,
	CHAIN_TOO_LONG,
	CIPHER_SUITE,
	CLIENT_CERTIFICATE_REFUSED,
	HANDSHAKE_REFUSED,
	RECORD_TOO_LONG,
	TLS_PROTOCOL,
	TLS_VERSION,
	TOO_MANY_AUTHORITIES,
	UNKNOWN_CA,
	WRONG_NAME,
	WRONG_SIGNATURE,
} from "../../../src/transport/tls/reasons.js";
import type { Reason } from "../../../src/wire/reason.js";
import { cubeRoot, zeros } from "./forgery.js";
import {
	CLOSE_NOTIFY,
	Content,
	certificateMessage,
	Message,
	MessageReader,
	message,
	RecordReader,
	record,
	uint,
} from "./records.js";
import type { Disguise, Scene } from "./scene.js";
import { type Script, ScriptedServer } from "./server.js";

/** Between attacker and client. */
export interface Line {
	/** To the client; false: it takes no more for now. */
	send(bytes: Buffer): boolean;
	/** There is room again; once. */
	onDrain(callback: () => void): void;
	/** The attacker can read this that the client has sent. */
	hear(bytes: Buffer): void;
	/** To the broker, whose answers go to `onAnswer`. */
	reach(onAnswer: (bytes: Buffer) => void): (bytes: Buffer) => void;
}

export interface Attack {
	readonly name: string;
	/** Why the client has to end the connection. */
	readonly reason: Reason;
	/** The SDK's own socket falls for it: the attacker reads what it sends. */
	readonly fools?: "the SDK";
	/** The SDK's own socket computes for ever. */
	readonly stops?: "the SDK";
	/** Begins with a connection; returns who takes what the client sends. */
	begin(line: Line, scene: Scene): (bytes: Buffer) => void;
}

/** Parts of what comes from the broker, in the order of a handshake. */
export const STEPS = [
	"ServerHello",
	"Certificate",
	"ServerKeyExchange",
	"ServerHelloDone",
	"ChangeCipherSpec",
	"Finished",
] as const;
type Step = (typeof STEPS)[number];

const NAMES: { readonly [type: number]: Step } = {
	[Message.SERVER_HELLO]: "ServerHello",
	[Message.CERTIFICATE]: "Certificate",
	[Message.SERVER_KEY_EXCHANGE]: "ServerKeyExchange",
	[Message.SERVER_HELLO_DONE]: "ServerHelloDone",
};

/** What goes to the client in place of a part, which is one record. */
type Rewrite = (step: Step | undefined, bytes: Buffer, scene: Scene) => Buffer[];

/** In front of the real broker; its flight is rewritten, a message a record. `create` for each connection anew. */
const between =
	(create: () => Rewrite): Attack["begin"] =>
	(line, scene) => {
		const records = new RecordReader();
		const messages = new MessageReader();
		const rewrite = create();
		let isProtected = false;
		let isFinished = false;
		const pass = (step: Step | undefined, bytes: Buffer) => {
			for (const each of rewrite(step, bytes, scene)) line.send(each);
		};
		return line.reach((bytes) => {
			for (const { type, body, bytes: whole } of records.push(bytes)) {
				if (type === Content.HANDSHAKE && !isProtected)
					for (const each of messages.push(body)) pass(NAMES[each[0]], record(type, each));
				else if (type === Content.CHANGE_CIPHER_SPEC) {
					pass("ChangeCipherSpec", whole);
					isProtected = true;
				} else {
					pass(type === Content.HANDSHAKE && !isFinished ? "Finished" : undefined, whole);
					isFinished ||= type === Content.HANDSHAKE;
				}
			}
		});
	};

/** The same for each part, whatever was before. */
const always = (rewrite: Rewrite): Attack["begin"] => between(() => rewrite);

/** Nothing comes any more after `step`, in whose place this goes out. */
const endAt = (step: Step, instead: (bytes: Buffer) => Buffer[]): Attack["begin"] =>
	between(() => {
		let isOver = false;
		return (at, bytes) => {
			if (isOver) return [];
			isOver = at === step;
			return isOver ? instead(bytes) : [bytes];
		};
	});

const scripted =
	(
		disguise: (scene: Scene) => Disguise,
		script: Omit<Script, "chain" | "key">,
		isHeard: boolean,
	): Attack["begin"] =>
	(line, scene) => {
		const records = new RecordReader();
		const server = new ScriptedServer(
			{ ...disguise(scene), ...script },
			(bytes) => line.send(bytes),
			(bytes) => isHeard && line.hear(bytes),
		);
		return (bytes) => {
			for (const each of records.push(bytes)) server.take(each);
		};
	};

/** In place of the broker. */
const instead = (disguise: (scene: Scene) => Disguise, script: Omit<Script, "chain" | "key"> = {}) =>
	scripted(disguise, script, true);

/** The broker itself, with its key, does what it may not do. What it hears is for it. */
const faulty = (script: Omit<Script, "chain" | "key">) =>
	scripted(
		({ broker: { der, key }, authority }) => ({ chain: [der, authority.own.der], key }),
		script,
		false,
	);

/** Bytes at the first of the client's, and nothing else. */
const answer =
	(...parts: Buffer[]): Attack["begin"] =>
	(line) => {
		let isAnswered = false;
		return () => {
			if (!isAnswered) for (const each of parts) line.send(each);
			isAnswered = true;
		};
	};

/** The same bytes, for as long as the client takes them. */
const endless =
	(first: Buffer, bytes: Buffer): Attack["begin"] =>
	(line) => {
		let isBegun = false;
		const go = () => {
			while (line.send(bytes));
			line.onDrain(go);
		};
		return () => {
			if (isBegun) return;
			isBegun = true;
			line.send(first);
			go();
		};
	};

/** ServerHello of this version. */
const version = (value: number) =>
	always((step, bytes) => {
		if (step === "ServerHello") uint(value, 2).copy(bytes, 9);
		return [bytes];
	});

/** The two change places. */
const swap = (first: Step, second: Step): Attack["begin"] =>
	between(() => {
		let held: Buffer | undefined;
		return (step, bytes) => {
			if (step === first) {
				held = bytes;
				return [];
			}
			return step === second && held !== undefined ? [bytes, held] : [bytes];
		};
	});

/** One byte is missing at the record's end, and its length says so. */
const cut = (bytes: Buffer) => record(bytes[0], bytes.subarray(5, -1));

const DATA = record(Content.APPLICATION_DATA, Buffer.of(0x20, 2, 0, 0));
const HELLO_REQUEST = message(Message.HELLO_REQUEST);
/** Ahead of what would be protected there is nothing in the clear that a client could take for good. */
const CLEAR_STEPS = STEPS.slice(0, 5);

/** In the clear. */
const fatal = (description: number) => () => [record(Content.ALERT, Buffer.of(2, description))];

const cases = <T>(all: readonly T[], make: (each: T) => Attack): Attack[] => all.map(make);
const protocol = (name: string, begin: Attack["begin"]): Attack => ({ name, reason: TLS_PROTOCOL, begin });

export const ATTACKS: readonly Attack[] = [
	{
		name: "a chain of his own certificate, the broker's, the authority's",
		reason: BROKEN_CHAIN,
		fools: "the SDK",
		begin: instead((scene) => scene.inFront()),
	},
	{
		name: "the same, his own issued by the authority for his own name: the broker's is in the second one",
		reason: WRONG_NAME,
		fools: "the SDK",
		begin: instead((scene) => scene.inFrontForAnotherName()),
	},
	{
		name: "the broker's name in the issuer's certificate only",
		reason: WRONG_NAME,
		begin: instead((scene) => scene.nameAbove()),
	},
	{
		name: "a certificate that was issued with one that may not issue",
		reason: BROKEN_CHAIN,
		fools: "the SDK",
		begin: instead((scene) => scene.issuedByLeaf()),
	},
	{
		name: "the authority's certificate for his own name",
		reason: WRONG_NAME,
		begin: instead((scene) => scene.anotherName()),
	},
	{
		name: "a self-signed certificate",
		reason: UNKNOWN_CA,
		begin: instead((scene) => scene.selfSigned()),
	},
	{
		name: "a certificate of an authority of his own",
		reason: UNKNOWN_CA,
		begin: instead((scene) => scene.ofAnotherAuthority()),
	},
	{
		name: "an old certificate whose key has leaked",
		reason: CERTIFICATE_EXPIRED,
		begin: instead((scene) => scene.expired()),
	},
	{
		name: "a certificate of the future",
		reason: CERTIFICATE_NOT_YET_VALID,
		begin: instead((scene) => scene.notYetValid()),
	},
	{
		name: "the broker's certificate and a key exchange with hash 0",
		reason: TLS_PROTOCOL,
		fools: "the SDK",
		begin: instead((scene) => scene.brokersOwn(), { signature: [0, 1] }),
	},
	{
		name: "the broker's certificate and a key exchange with signature algorithm 0",
		reason: TLS_PROTOCOL,
		fools: "the SDK",
		begin: instead((scene) => scene.brokersOwn(), { signature: [4, 0] }),
	},
	{
		name: "the broker's certificate and a signature of zeros",
		reason: WRONG_SIGNATURE,
		begin: instead((scene) => scene.brokersOwn()),
	},
	{
		name: "the broker's certificate and a key exchange that his own key has signed",
		reason: WRONG_SIGNATURE,
		begin: instead((scene) => ({ ...scene.brokersOwn(), key: scene.selfSigned().key })),
	},
	{
		name: "the certificate of a broker with an EC key, and a signature whose two numbers are 0",
		reason: WRONG_SIGNATURE,
		stops: "the SDK",
		begin: instead((scene) => scene.brokersOwnOf({ key: "P-256" }), {
			suite: 0xc02b,
			signature: [4, 3],
			forge: zeros,
		}),
	},
	{
		name: "the certificate of a broker with the exponent 3, and a cube root for a signature",
		reason: WRONG_SIGNATURE,
		fools: "the SDK",
		begin: instead((scene) => scene.brokersOwnOf({ exponent: 3 }), { forge: cubeRoot }),
	},
	protocol("a signature with SHA-1, which was not offered", faulty({ signature: [2, 1] })),
	{ name: "a suite that was not offered", reason: CIPHER_SUITE, begin: faulty({ suite: 0x0005 }) },
	protocol("a false Finished", faulty({ falseFinished: true })),
	protocol(
		"encrypted application data before Finished",
		faulty({
			onFinish: (server) => {
				server.send(Content.CHANGE_CIPHER_SPEC, Buffer.of(1));
				server.sendProtected(Content.APPLICATION_DATA, Buffer.of(0x20, 2, 0, 0));
			},
		}),
	),
	protocol(
		"a HelloRequest after Finished",
		faulty({ onFinished: (server) => server.sendProtected(Content.HANDSHAKE, HELLO_REQUEST) }),
	),
	...cases(CLEAR_STEPS, (step) => ({
		name: `close_notify in place of ${step}`,
		reason: TLS_PROTOCOL,
		...(step === "ChangeCipherSpec" ? {} : { fools: "the SDK" as const }),
		begin: endAt(step, () => [CLOSE_NOTIFY]),
	})),
	...cases(CLEAR_STEPS, (step) => ({
		name: `close_notify before ${step}`,
		reason: TLS_PROTOCOL,
		...(step === "ChangeCipherSpec" ? {} : { fools: "the SDK" as const }),
		begin: always((at, bytes) => (at === step ? [CLOSE_NOTIFY, bytes] : [bytes])),
	})),
	{
		name: "a forged alert: handshake_failure",
		reason: HANDSHAKE_REFUSED,
		begin: endAt("ServerHello", fatal(40)),
	},
	{ name: "a forged alert: protocol_version", reason: TLS_VERSION, begin: endAt("ServerHello", fatal(70)) },
	{
		name: "a forged alert: unknown_ca",
		reason: CLIENT_CERTIFICATE_REFUSED,
		begin: endAt("ChangeCipherSpec", fatal(48)),
	},
	protocol(
		"close_notify in the clear in place of Finished",
		endAt("Finished", () => [CLOSE_NOTIFY]),
	),
	protocol(
		"close_notify in the clear after Finished",
		always((step, bytes) => (step === "Finished" ? [bytes, CLOSE_NOTIFY] : [bytes])),
	),
	...cases(STEPS, (step) =>
		protocol(
			`application data in the clear before ${step}`,
			always((at, bytes) => (at === step ? [DATA, bytes] : [bytes])),
		),
	),
	protocol(
		"application data in the clear after Finished",
		always((step, bytes) => (step === "Finished" ? [bytes, DATA] : [bytes])),
	),
	...cases(["ServerHello", "Certificate", "ServerKeyExchange", "ChangeCipherSpec"] as const, (step) =>
		protocol(
			`no ${step}`,
			always((at, bytes) => (at === step ? [] : [bytes])),
		),
	),
	{
		name: "no ServerHelloDone: silence",
		reason: CONNECT_TIMEOUT,
		begin: always((at, bytes) => (at === "ServerHelloDone" ? [] : [bytes])),
	},
	protocol(
		"a Certificate without certificates",
		always((at, bytes) => [at === "Certificate" ? record(Content.HANDSHAKE, certificateMessage([])) : bytes]),
	),
	{
		name: "a Certificate with thousands of certificates, all of them empty",
		reason: CHAIN_TOO_LONG,
		begin: always((at, bytes) => [
			at === "Certificate"
				? record(Content.HANDSHAKE, certificateMessage(Array(5458).fill(Buffer.alloc(0))))
				: bytes,
		]),
	},
	{
		name: "a CertificateRequest with thousands of names, all of them empty",
		reason: TOO_MANY_AUTHORITIES,
		begin: always((at, bytes) =>
			at === "ServerHelloDone"
				? [
						record(
							Content.HANDSHAKE,
							message(
								Message.CERTIFICATE_REQUEST,
								Buffer.concat([uint(0, 3), uint(16_000, 2), Buffer.alloc(16_000)]),
							),
						),
						bytes,
					]
				: [bytes],
		),
	},
	{
		name: "his own certificate put in place of the broker's",
		reason: BROKEN_CHAIN,
		begin: always((at, bytes, scene) => [
			at === "Certificate"
				? record(
						Content.HANDSHAKE,
						certificateMessage([scene.ofAnotherAuthority().chain[0], scene.authority.own.der]),
					)
				: bytes,
		]),
	},
	{
		name: "another good certificate put in place of the broker's",
		reason: WRONG_SIGNATURE,
		begin: always((at, bytes, scene) => [
			at === "Certificate" ? record(Content.HANDSHAKE, certificateMessage(scene.anotherGood().chain)) : bytes,
		]),
	},
	...cases(STEPS, (step) => ({
		name: `${step} cut short`,
		// What is missing of the last message could still come; what comes next belongs to the signature then.
		reason:
			step === "ServerHelloDone"
				? CONNECT_TIMEOUT
				: step === "ServerKeyExchange"
					? WRONG_SIGNATURE
					: TLS_PROTOCOL,
		begin: always((at, bytes) => [at === step ? cut(bytes) : bytes]),
	})),
	...cases(STEPS, (step) =>
		protocol(
			`${step} twice`,
			always((at, bytes) => (at === step ? [bytes, bytes] : [bytes])),
		),
	),
	...cases(["Certificate", "ServerKeyExchange", "ServerHelloDone", "Finished"] as const, (step) =>
		protocol(`${step} before what comes before it`, swap(STEPS[STEPS.indexOf(step) - 1], step)),
	),
	{ name: "TLS 1.1", reason: TLS_VERSION, fools: "the SDK", begin: version(0x0302) },
	{ name: "TLS 1.3 in the old place", reason: TLS_VERSION, begin: version(0x0304) },
	{ name: "SSL 3", reason: TLS_VERSION, fools: "the SDK", begin: version(0x0300) },
	{
		name: "a record that says it has 16 KB and more",
		reason: RECORD_TOO_LONG,
		begin: answer(Buffer.of(Content.HANDSHAKE, 3, 3, 0x48, 1)),
	},
	{
		name: "a record that says it has 64 KB",
		reason: RECORD_TOO_LONG,
		begin: answer(Buffer.of(Content.HANDSHAKE, 3, 3, 0xff, 0xff)),
	},
	protocol(
		"records without content, endlessly",
		endless(Buffer.alloc(0), record(Content.HANDSHAKE, Buffer.alloc(0))),
	),
	protocol("HelloRequest, endlessly", endless(Buffer.alloc(0), record(Content.HANDSHAKE, HELLO_REQUEST))),
	{
		name: "a Certificate of 16 MB in small records",
		reason: CHAIN_TOO_LONG,
		begin: endless(
			Buffer.concat([
				record(
					Content.HANDSHAKE,
					message(Message.SERVER_HELLO, uint(0x0303, 2), Buffer.alloc(33), uint(0xc02f, 2), Buffer.of(0)),
				),
				record(Content.HANDSHAKE, Buffer.of(Message.CERTIFICATE, 0xff, 0xff, 0xff)),
			]),
			record(Content.HANDSHAKE, Buffer.alloc(1000)),
		),
	},
	protocol("an answer in HTTP", answer(Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))),
	protocol("CONNACK at once, without TLS", answer(Buffer.of(0x20, 2, 0, 0, 0xd0, 0))),
	{ name: "silence", reason: CONNECT_TIMEOUT, begin: () => () => {} },
];

/** He only looks on: it must go well. */
export const ONLOOKER: Attack["begin"] = always((_step, bytes) => [bytes]);
