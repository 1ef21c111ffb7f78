// Several hosts: whose turn it is, each by its own name, and how long it takes until all had theirs.

import type { ClientOptions } from "../../src/connection/options.js";
import { Reason } from "../../src/wire/reason.js";
import { FakeLayer } from "../support/layer.js";
import { CONNACK } from "../support/packets.js";
import { Setup } from "../support/setup.js";

const names = ["a.local", "10.0.0.2", "c.local"];
const ISSUER = new Reason("broker", "who issued that?");

/** A Client of these hosts behind a layer that tells which one was dialed. */
function setup(host: string | readonly string[] = names, options: Partial<ClientOptions> = {}) {
	const layer = new FakeLayer();
	const it = new Setup({
		host,
		tls: {},
		streams: { tls: layer.layer },
		random: () => 0.999999,
		reconnectMinimum: 1000,
		reconnectMaximum: 60_000,
		...options,
	});
	let answered = 0;

	/** Answers the question for a name, if one is open; what was dialed since it was called last. */
	const dialed = () => {
		const { lookups } = it.place;
		for (; answered < lookups.length; answered++)
			lookups[answered].onResolved(lookups[answered].host, `10.9.0.${lookups[answered].host.charCodeAt(0)}`);
		return layer.opened.splice(0);
	};

	/** Milliseconds until the next host was dialed, and which. */
	const next = (): [string, number] => {
		for (let waited = 0; waited < 1_000_000; waited += 250) {
			const [stream] = dialed();
			if (stream !== undefined) return [stream[0], waited];
			it.clock.advance(250);
		}
		throw new Error("no host was dialed");
	};

	return Object.assign(it, { layer, dialed, next });
}

const unreachable = ({ peer }: Setup) => peer.fail();
const refuses = ({ peer }: Setup) => {
	peer.open();
	peer.send(CONNACK(false, 4));
};

test("each has its turn when the one before has failed, with its own name, and the address that it has", () => {
	const it = setup();
	expect(it.dialed()).toEqual([["a.local", "10.9.0.97", 8883]]);
	expect(it.peer.socket.options).toMatchObject({ address: "10.9.0.97", port: 8883 });
	for (const host of ["10.0.0.2", "c.local", "a.local", "10.0.0.2"]) {
		unreachable(it);
		expect(it.next()[0]).toBe(host);
	}
	expect(it.place.lookups.map(({ host }) => host)).toEqual(["a.local", "c.local", "a.local"]);
	expect(it.peer.socket.options.address).toBe("10.0.0.2");
});

test("a name that is not found, and one that takes too long, are failures", () => {
	const it = setup(["a.local", "b.local", "c.local"], { connectTimeout: 5000 });
	it.place.lookups[0].onError(new Error("no such host"));
	it.clock.advance(1250);
	expect(it.place.lookups.map(({ host }) => host)).toEqual(["a.local", "b.local"]);
	it.clock.advance(7250);
	expect(it.place.lookups.map(({ host }) => host)).toEqual(["a.local", "b.local", "c.local"]);
	it.place.lookups[1].onResolved("b.local", "10.0.0.9");
	expect(it.layer.opened).toEqual([]);
});

test("an attempt that the broker does not answer is one as well", () => {
	const it = setup(["10.0.0.1", "10.0.0.2"], { connectTimeout: 5000 });
	it.dialed();
	it.peer.open();
	it.clock.advance(5250);
	expect(it.next()[0]).toBe("10.0.0.2");
});

test("after a connection it is the same one's turn", () => {
	const it = setup();
	it.dialed();
	unreachable(it);
	it.next();
	for (let i = 0; i < 3; i++) {
		it.peer.accept();
		it.peer.end();
		expect(it.next()[0]).toBe("10.0.0.2");
	}
	unreachable(it);
	expect(it.next()[0]).toBe("c.local");
});

describe("after a refusal", () => {
	test.each<[string, (it: ReturnType<typeof setup>) => void]>([
		["by the broker", refuses],
		["of its certificate", (it) => it.layer.fail(ISSUER)],
	])(
		"the next one is tried soon; only when all have refused comes the longest delay: %s",
		(_what, refuse) => {
			const it = setup();
			it.dialed();
			for (const host of ["10.0.0.2", "c.local"]) {
				refuse(it);
				const [next, wait] = it.next();
				expect(next).toBe(host);
				expect(wait).toBeLessThan(5000);
			}
			refuse(it);
			const [next, wait] = it.next();
			expect(next).toBe("a.local");
			expect(wait).toBeGreaterThanOrEqual(60_000);
		},
	);

	test("who was never asked is asked soon, wherever the turns began", () => {
		const it = setup(["10.0.0.1", "10.0.0.2"]);
		it.dialed();
		unreachable(it);
		it.next();
		it.peer.accept();
		it.clock.advance(20_000);
		it.peer.end();
		it.next();
		refuses(it);
		const [host, wait] = it.next();
		expect(host).toBe("10.0.0.1");
		expect(wait).toBeLessThan(10_000);
	});

	test("one that could not be reached has not refused: it is asked again soon", () => {
		const it = setup(["10.0.0.1", "10.0.0.2"]);
		it.dialed();
		unreachable(it);
		it.next();
		refuses(it);
		const [host, wait] = it.next();
		expect(host).toBe("10.0.0.1");
		expect(wait).toBeLessThan(10_000);
	});

	test("a connection in between counts: then all are asked anew", () => {
		const it = setup(["10.0.0.1", "10.0.0.2"]);
		it.dialed();
		refuses(it);
		it.next();
		it.peer.accept();
		it.peer.end();
		it.next();
		refuses(it);
		expect(it.next()[1]).toBeLessThan(10_000);
		refuses(it);
		expect(it.next()[1]).toBeGreaterThanOrEqual(60_000);
	});

	test.each([["10.0.0.1"], [["10.0.0.1"]]])("one host, given as %j, has always refused alone", (host) => {
		const it = setup(host);
		it.dialed();
		refuses(it);
		const [next, wait] = it.next();
		expect(next).toBe("10.0.0.1");
		expect(wait).toBeGreaterThanOrEqual(60_000);
	});
});

test("sixteen hosts, the last of them an address", () => {
	const many = Array.from({ length: 16 }, (_, i) =>
		i === 15 ? "10.0.0.16" : `${String.fromCharCode(97 + i)}.local`,
	);
	const it = setup(many);
	expect(it.dialed()[0][0]).toBe("a.local");
	for (const host of [...many.slice(1), many[0]]) {
		unreachable(it);
		expect(it.next()[0]).toBe(host);
	}
	expect(it.place.lookups.map(({ host }) => host)).toEqual([...many.slice(0, 15), many[0]]);
});
