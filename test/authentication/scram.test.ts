// SCRAM as a client: the vectors of its RFCs, what it keeps, and what a broker that lies can do.

import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { network } from "../../hosts/node/network.js";
import {
	SCRAM_EXTENSION,
	SCRAM_ITERATIONS_FEW,
	SCRAM_ITERATIONS_MANY,
	SCRAM_MALFORMED,
	SCRAM_NO_PROOF,
	SCRAM_NONCE,
	SCRAM_REFUSED,
	SCRAM_WRONG_PROOF,
	Scram,
	type ScramOptions,
} from "../../src/authentication/index.js";
import { Reason } from "../../src/wire/reason.js";
import { bytes, Place, respond, ScramServer, type ServerOptions, text } from "../support/scram.js";

/** Always the same nonce. */
class Fixed extends Scram {
	nonceText = "";
	protected override newNonce(): Uint8Array {
		return bytes(this.nonceText);
	}
}

function make(options: Partial<ScramOptions> = {}, place = new Place()) {
	const scram = new Scram({ ...place.options(), username: "user", password: "pencil", ...options });
	return { scram, place };
}

/** What `scram` answers, once all timers have fired. */
function answerOf(scram: Scram, place: Place, data: Uint8Array | undefined) {
	const result = respond(scram, data);
	place.run();
	return result.answer;
}

/** A whole exchange; what `finish` says, or why it did not come so far. */
function exchange(scram: Scram, place: Place, server: ScramServer) {
	const answer = answerOf(scram, place, server.challenge(scram.begin()));
	if (answer instanceof Reason) return answer;
	return scram.finish(server.judge(answer as Uint8Array));
}

const ours = (scram: Scram) => /r=([^,]+)$/.exec(text(scram.begin()))![1];

describe("vectors", () => {
	test.each([
		{
			rfc: "RFC 5802, section 5",
			hash: "SHA-1",
			nonce: "fyko+d2lbbFgONRv9qkxdawL",
			challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
			proof: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		},
		{
			rfc: "RFC 7677, section 3",
			hash: "SHA-256",
			nonce: "rOprNGfwEbeRWgbNEkqO",
			challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			final:
				"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			proof: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		},
	] as const)("$rfc: SCRAM-$hash", ({ hash, nonce, challenge, final, proof }) => {
		const place = new Place();
		const scram = new Fixed({ ...place.options(), username: "user", password: "pencil", hash });
		scram.nonceText = nonce;
		expect(scram.method).toBe(`SCRAM-${hash}`);
		expect(text(scram.begin())).toBe(`n,,n=user,r=${nonce}`);
		expect(text(answerOf(scram, place, bytes(challenge)) as Uint8Array)).toBe(final);
		expect(scram.finish(bytes(proof))).toBeUndefined();
	});

	test("SHA-256 is the default; Node's own timers do", async () => {
		const scram = new Scram({ ...network, username: "user", password: "pencil" });
		const server = new ScramServer();
		expect(scram.method).toBe("SCRAM-SHA-256");
		const message = server.challenge(scram.begin());
		const answer = await new Promise((resolve) => scram.respond(message, resolve));
		expect(scram.finish(server.judge(answer as Uint8Array))).toBeUndefined();
	});
});

test("a user name's commas and equals signs are escaped (RFC 5802, section 5.1)", () => {
	const { scram, place } = make({ username: "=a,b=2C,=" });
	expect(text(scram.begin())).toMatch(/^n,,n==3Da=2Cb=3D2C=2C=3D,r=/);
	expect(exchange(scram, place, new ScramServer())).toBeUndefined();
});

test("nonces have 144 bits, and do not repeat", () => {
	const { scram } = make();
	const nonces = Array.from({ length: 100 }, () => ours(scram));
	expect(new Set(nonces).size).toBe(100);
	for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9+/]{24}$/);
	// No byte of it is always the same.
	for (let i = 0; i < 24; i++) expect(new Set(nonces.map((nonce) => nonce[i])).size).toBeGreaterThan(5);
});

test("both sides' proofs agree for any password, salt and iteration count", () => {
	const ascii = fc.string({
		unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
		minLength: 1,
	});
	fc.assert(
		fc.property(
			ascii,
			fc.uint8Array({ minLength: 1, maxLength: 100 }),
			fc.integer({ min: 1, max: 50 }),
			fc.constantFrom("SHA-1", "SHA-256"),
			(password, salt, iterations, hash) => {
				const { scram, place } = make({ username: password, password, hash, iterationsMinimum: 1 });
				const server = new ScramServer({
					hash: hash === "SHA-1" ? "sha1" : "sha256",
					password,
					salt,
					iterations,
				});
				expect(exchange(scram, place, server)).toBeUndefined();
			},
		),
		{ numRuns: 200 },
	);
});

describe("the keys", () => {
	const salt = randomBytes(16);

	test("are kept for the next exchange: it answers at once", () => {
		const { scram, place } = make();
		expect(exchange(scram, place, new ScramServer({ salt }))).toBeUndefined();
		place.slices.length = 0;
		const server = new ScramServer({ salt });
		const { answer } = respond(scram, server.challenge(scram.begin()));
		expect(scram.finish(server.judge(answer as Uint8Array))).toBeUndefined();
		expect(place.slices).toEqual([]);
	});

	test.each([
		["salt", { salt: randomBytes(16) }],
		["iteration count", { salt, iterations: 4097 }],
	] satisfies [string, ServerOptions][])("are worked out anew for another %s", (_what, options) => {
		const { scram, place } = make();
		expect(exchange(scram, place, new ScramServer({ salt }))).toBeUndefined();
		place.slices.length = 0;
		expect(exchange(scram, place, new ScramServer(options))).toBeUndefined();
		expect(place.slices.length).toBeGreaterThan(0);
	});

	test("are worked out anew for another password: a function is asked each time", () => {
		let password = "pencil";
		const { scram, place } = make({ password: () => password, username: () => `user of ${password}` });
		expect(exchange(scram, place, new ScramServer({ salt }))).toBeUndefined();
		password = "eraser";
		expect(exchange(scram, place, new ScramServer({ salt }))).toBe(SCRAM_REFUSED);
		expect(exchange(scram, place, new ScramServer({ salt, password }))).toBeUndefined();
	});

	test("no password is held meanwhile", () => {
		const { scram, place } = make({ password: () => "pencil" });
		exchange(scram, place, new ScramServer({ salt }));
		scram.stop();
		expect(JSON.stringify(scram)).not.toContain(
			[...bytes("pencil")].map((byte, i) => `"${i}":${byte}`).join(),
		);
	});
});

describe("the derivation", () => {
	/** One iteration takes so many milliseconds. */
	function slices(perIteration: number, iterations = 4096) {
		const { scram, place } = make();
		place.perIteration = perIteration;
		expect(exchange(scram, place, new ScramServer({ iterations }))).toBeUndefined();
		return place.slices;
	}

	test("has all iterations, on a slow device in slices of about 4 ms", () => {
		const counts = slices(0.5);
		expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4095);
		expect(Math.max(...counts)).toBeLessThanOrEqual(10);
		expect(counts.length).toBeLessThan(1000);
	});

	test("has longer slices on a fast one", () => {
		const counts = slices(0.01);
		expect(Math.max(...counts) * 0.01).toBeLessThanOrEqual(4);
		expect(counts.length).toBeLessThan(30);
	});

	test("goes on by one at a time where that takes long already", () => {
		expect(new Set(slices(50).slice(3))).toEqual(new Set([1]));
	});

	test("begins with 8: the first slice must not stall a slow device either", () => {
		expect(slices(0.01)[0]).toBe(8);
	});

	test.each(["stop", "begin"] as const)("ends with %s, and answers no more", (call) => {
		const { scram, place } = make();
		const result = respond(scram, new ScramServer().challenge(scram.begin()));
		for (const fire of place.timers) fire();
		expect(place.timers.size).toBe(1);
		const [late] = place.timers;
		scram[call]();
		expect(place.timers.size).toBe(0);
		late();
		expect(result.answer).toBe("later");
		expect(place.slices).toEqual([8]);
	});

	test("the broker cannot ask twice meanwhile", () => {
		const { scram, place } = make();
		const message = new ScramServer().challenge(scram.begin());
		respond(scram, message);
		expect(respond(scram, message).answer).toBe(SCRAM_MALFORMED);
		expect(scram.finish(undefined)).toBe(SCRAM_NO_PROOF);
		expect(place.timers.size).toBe(1);
	});
});

describe("a broker that lies", () => {
	/** The answer to server-first-message, made of our nonce. */
	function challenged(make_: (nonce: string) => string, options: Partial<ScramOptions> = {}) {
		const { scram, place } = make(options);
		const answer = answerOf(scram, place, bytes(make_(ours(scram))));
		// Nothing was worked out for it.
		if (answer instanceof Reason) expect(place.slices).toEqual([]);
		return answer;
	}

	test.each([
		[
			"replays another exchange's nonce",
			() => "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJ,s=QSXCR+Q6,i=4096",
			SCRAM_NONCE,
		],
		["adds nothing to the nonce", (r) => `r=${r},s=QSXCR+Q6,i=4096`, SCRAM_NONCE],
		["cuts the nonce", (r) => `r=${r.slice(1)}xx,s=QSXCR+Q6,i=4096`, SCRAM_NONCE],
		["has no nonce", () => "r=,s=QSXCR+Q6,i=4096", SCRAM_NONCE],
		["has a nonce with a space", (r) => `r=${r} x,s=QSXCR+Q6,i=4096`, SCRAM_MALFORMED],
		["has a nonce with a control character", (r) => `r=${r}\x7f,s=QSXCR+Q6,i=4096`, SCRAM_MALFORMED],
		["has a nonce beyond ASCII", (r) => `r=${r}ä,s=QSXCR+Q6,i=4096`, SCRAM_MALFORMED],
		["has no salt", (r) => `r=${r}x,i=4096`, SCRAM_MALFORMED],
		["has an empty salt", (r) => `r=${r}x,s=,i=4096`, SCRAM_MALFORMED],
		["has a salt that is no Base64", (r) => `r=${r}x,s=QSXC_+Q6,i=4096`, SCRAM_MALFORMED],
		["has a salt that is cut", (r) => `r=${r}x,s=QSXCR+Q,i=4096`, SCRAM_MALFORMED],
		["has a salt with padding amidst", (r) => `r=${r}x,s=QS==R+Q6,i=4096`, SCRAM_MALFORMED],
		["has a salt of padding", (r) => `r=${r}x,s====,i=4096`, SCRAM_MALFORMED],
		["has a huge salt", (r) => `r=${r}x,s=${"QSXCR+Q6".repeat(1000)},i=4096`, SCRAM_MALFORMED],
		["has a huge nonce", (r) => `r=${r}${"x".repeat(60_000)},s=QSXCR+Q6,i=4096`, SCRAM_MALFORMED],
		["has no iteration count", (r) => `r=${r}x,s=QSXCR+Q6`, SCRAM_MALFORMED],
		["has an empty iteration count", (r) => `r=${r}x,s=QSXCR+Q6,i=`, SCRAM_MALFORMED],
		["has iteration count 0", (r) => `r=${r}x,s=QSXCR+Q6,i=0`, SCRAM_MALFORMED],
		["has an iteration count with a 0 in front", (r) => `r=${r}x,s=QSXCR+Q6,i=04096`, SCRAM_MALFORMED],
		["has a negative iteration count", (r) => `r=${r}x,s=QSXCR+Q6,i=-4096`, SCRAM_MALFORMED],
		["has a broken iteration count", (r) => `r=${r}x,s=QSXCR+Q6,i=4096.5`, SCRAM_MALFORMED],
		["has an iteration count in words", (r) => `r=${r}x,s=QSXCR+Q6,i=4e3`, SCRAM_MALFORMED],
		["asks for 1 iteration", (r) => `r=${r}x,s=QSXCR+Q6,i=1`, SCRAM_ITERATIONS_FEW],
		["asks for 4095 iterations", (r) => `r=${r}x,s=QSXCR+Q6,i=4095`, SCRAM_ITERATIONS_FEW],
		["asks for 16385 iterations", (r) => `r=${r}x,s=QSXCR+Q6,i=16385`, SCRAM_ITERATIONS_MANY],
		["asks for a thousand million", (r) => `r=${r}x,s=QSXCR+Q6,i=1000000000`, SCRAM_ITERATIONS_MANY],
		["asks for 2 ** 32 + 4096", (r) => `r=${r}x,s=QSXCR+Q6,i=4294971392`, SCRAM_ITERATIONS_MANY],
		[
			"asks for more than a double holds",
			(r) => `r=${r}x,s=QSXCR+Q6,i=${"9".repeat(400)}`,
			SCRAM_ITERATIONS_MANY,
		],
		["demands an extension", (r) => `m=more,r=${r}x,s=QSXCR+Q6,i=4096`, SCRAM_EXTENSION],
		["has its fields in another order", (r) => `s=QSXCR+Q6,r=${r}x,i=4096`, SCRAM_MALFORMED],
		["has a field twice", (r) => `r=${r}x,r=${r}x,s=QSXCR+Q6,i=4096`, SCRAM_MALFORMED],
		["says nothing", () => "", SCRAM_MALFORMED],
		["says a comma", () => ",", SCRAM_MALFORMED],
		["proves itself before its turn", () => "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", SCRAM_MALFORMED],
		["says that it knows no such user", () => "e=unknown-user", SCRAM_REFUSED],
	] as [string, (nonce: string) => string, Reason][])("%s", (_what, message, reason) => {
		expect(challenged(message)).toBe(reason);
	});

	test("extensions behind the iteration count are ignored (RFC 5802, section 5.1)", () => {
		expect(text(challenged((r) => `r=${r}x,s=QSXCR+Q6,i=4096,x=y,z`) as Uint8Array)).toMatch(
			/^c=biws,r=\S+x,p=/,
		);
	});

	test("bytes of any kind are refused or answered, without an exception", () => {
		const { scram, place } = make();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (data, keep) => {
				const nonce = bytes(`r=${ours(scram)}`);
				const answer = answerOf(scram, place, keep ? new Uint8Array([...nonce, ...data]) : data);
				expect(answer).toBeInstanceOf(Reason);
			}),
			{ numRuns: 1000 },
		);
	});

	test("without data in AUTH it is refused", () => {
		const { scram } = make();
		scram.begin();
		expect(respond(scram, undefined).answer).toBe(SCRAM_MALFORMED);
	});

	test("more iterations are done where the option allows them", () => {
		const place = new Place();
		const { scram } = make({ iterationsMaximum: 20_000 }, place);
		expect(exchange(scram, place, new ScramServer({ iterations: 20_000 }))).toBeUndefined();
		const less = make({ iterationsMinimum: 100 }, place);
		expect(exchange(less.scram, place, new ScramServer({ iterations: 100 }))).toBeUndefined();
	});

	/** Up to where the broker has to prove that it knows the password. */
	function unproved(hash: "SHA-1" | "SHA-256" = "SHA-256") {
		const { scram, place } = make({ hash });
		const server = new ScramServer({ hash: hash === "SHA-1" ? "sha1" : "sha256" });
		const answer = answerOf(scram, place, server.challenge(scram.begin())) as Uint8Array;
		return { scram, server, proof: text(server.judge(answer)) };
	}

	test("accepts at once, without any exchange", () => {
		const { scram } = make();
		scram.begin();
		expect(scram.finish(undefined)).toBe(SCRAM_NO_PROOF);
		expect(scram.finish(bytes("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="))).toBe(SCRAM_NO_PROOF);
	});

	test.each([undefined, ""])("accepts without proof: %p", (data) => {
		const { scram } = unproved();
		expect(scram.finish(data === undefined ? undefined : bytes(data))).toBe(SCRAM_NO_PROOF);
	});

	test("has the proof of another password", () => {
		const { scram, server } = unproved();
		const wrong = createHmac("sha256", server.salted).update("Server Key").digest("base64");
		expect(scram.finish(bytes(`v=${wrong}`))).toBe(SCRAM_WRONG_PROOF);
	});

	test("has a proof of which one character differs, or that is cut, or longer", () => {
		const { scram, proof } = unproved();
		for (let i = 2; i < proof.length; i++) {
			const other = proof[i] === "A" ? "B" : "A";
			expect(scram.finish(bytes(proof.slice(0, i) + other + proof.slice(i + 1)))).toBe(SCRAM_WRONG_PROOF);
		}
		expect(scram.finish(bytes(proof.slice(0, -1)))).toBe(SCRAM_WRONG_PROOF);
		expect(scram.finish(bytes("v="))).toBe(SCRAM_WRONG_PROOF);
		expect(scram.finish(bytes(`${proof}=`))).toBe(SCRAM_WRONG_PROOF);
		expect(scram.finish(bytes(`x${proof}`))).toBe(SCRAM_MALFORMED);
		expect(scram.finish(bytes("e=invalid-proof"))).toBe(SCRAM_REFUSED);
		expect(scram.finish(bytes(`${proof},x=y`))).toBeUndefined();
	});

	test("gives our own proof back", () => {
		const { scram, place } = make();
		const server = new ScramServer();
		const answer = text(answerOf(scram, place, server.challenge(scram.begin())) as Uint8Array);
		expect(scram.finish(bytes(`v=${answer.replace(/.*,p=/, "")}`))).toBe(SCRAM_WRONG_PROOF);
	});

	test("its proof may come in an AUTH, and is then answered with nothing (RFC 4422, section 5)", () => {
		const { scram, proof } = unproved("SHA-1");
		expect(respond(scram, bytes(proof)).answer).toBeUndefined();
		expect(respond(scram, bytes(proof)).answer).toBe(SCRAM_MALFORMED);
		expect(scram.finish(bytes(proof))).toBe(SCRAM_MALFORMED);
		expect(scram.finish(undefined)).toBeUndefined();
	});

	test("a wrong one there is refused", () => {
		const { scram } = unproved("SHA-1");
		expect(respond(scram, bytes("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")).answer).toBe(SCRAM_WRONG_PROOF);
		expect(scram.finish(undefined)).toBe(SCRAM_NO_PROOF);
	});
});

describe("options", () => {
	const place = new Place().options();
	const options = { ...place, username: "user", password: "pencil" };
	const error = (more: object) => {
		try {
			new Scram({ ...options, ...more });
		} catch (thrown) {
			return String(thrown);
		}
		throw new Error("it takes them");
	};

	test.each([
		[{ timer: undefined }, /TypeError: the options lack a network/],
		[{ ticks: undefined }, /TypeError: the options lack a network/],
		[{ crypto: undefined }, /TypeError: the network has no digests for SCRAM: .* manifest_scram.json/],
		[{ hash: "SHA-512" }, /RangeError: hash is "SHA-512": it must be "SHA-1" or "SHA-256"/],
		[{ username: undefined }, /TypeError: username must be a string/],
		[{ username: "" }, /RangeError: username is empty/],
		[{ username: "a\nb" }, /RangeError: username has a character that SASLprep prohibits/],
		[{ username: "\ud800" }, /RangeError: username has a character that SASLprep prohibits/],
		[{ password: undefined }, /TypeError: password must be a string/],
		[{ password: "" }, /RangeError: password is empty/],
		[{ password: new Uint8Array() }, /RangeError: password has no bytes/],
		[
			{ iterationsMinimum: 0 },
			/RangeError: iterationsMinimum is 0: it must be a whole number from 1 to 16384/,
		],
		[{ iterationsMinimum: 5000, iterationsMaximum: 4999 }, /RangeError: iterationsMinimum is 5000/],
		[{ iterationsMaximum: 4095 }, /RangeError: iterationsMaximum is 4095: .* from 4096 to 1000000/],
		[{ iterationsMaximum: 1_000_001 }, /RangeError: iterationsMaximum is 1000001/],
	])("%p is told what is wrong", (more, message) => {
		expect(error(more)).toMatch(message);
	});

	test("the password stands in no error", () => {
		expect(error({ password: "hunter2\u0007" })).not.toMatch(/hunter2/);
		const { scram } = make({ password: () => "hunter2\u0007" });
		let told = "";
		try {
			respond(scram, new ScramServer().challenge(scram.begin()));
		} catch (thrown) {
			told = String(thrown);
		}
		expect(told).toMatch(/^RangeError: password has a character/);
		expect(told).not.toMatch(/hunter2/);
	});

	test("a password may be bytes, which are taken as they are", () => {
		const made = make({ password: bytes("pencil") });
		expect(exchange(made.scram, made.place, new ScramServer())).toBeUndefined();
	});

	test("a password's function that stops the exchange has it stopped", () => {
		const { scram, place: its } = make({
			password: () => {
				scram.stop();
				return "pencil";
			},
		});
		expect(respond(scram, new ScramServer().challenge(scram.begin())).answer).toBe("later");
		expect(its.timers.size).toBe(0);
	});
});
