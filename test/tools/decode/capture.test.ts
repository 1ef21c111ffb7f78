// Captures: both formats, connections side by side, segments in any order, and what is cut.

import fc from "fast-check";
import type { Place } from "../../../tools/decode/connections.js";
import { Input } from "../../../tools/decode/input.js";
import type { Packet, Sender, Version } from "../../../tools/decode/packet.js";
import {
	CONNACK,
	concat,
	DISCONNECT,
	field,
	PUBACK,
	PUBLISH,
	packet,
	SUBACK,
	SUBSCRIBE,
	word,
} from "../../support/packets.js";
import { frame, type Piece, pcap, pcapng } from "./capture.js";
import { rulesOf, values } from "./decoded.js";

const CONNECT = packet(0x10, field("MQTT"), [4, 2], word(60), field("board"));
const FROM_CLIENT = concat([
	CONNECT,
	SUBSCRIBE(1, "a/#", 1),
	PUBLISH("a/b", "x".repeat(3000), { qos: 1, id: 2 }),
	PUBLISH("a/b", "21.5"),
	DISCONNECT,
]);
const FROM_SERVER = concat([CONNACK(), SUBACK(1, 1), PUBACK(2), PUBLISH("a/b", "21.5")]);
const CLIENT_TYPES = ["CONNECT", "SUBSCRIBE", "PUBLISH", "PUBLISH", "DISCONNECT"];
const SERVER_TYPES = ["CONNACK", "SUBACK", "PUBACK", "PUBLISH"];

interface Seen {
	packets: { packet: Packet; place: Place }[];
	holes: { sender: Sender; bytes: number }[];
	error: Error | undefined;
}

function read(
	capture: Uint8Array,
	{ ports = [1883], chunk = capture.length, version = undefined as Version | undefined } = {},
): Seen {
	const seen: Seen = { packets: [], holes: [], error: undefined };
	const input = new Input(
		{ format: undefined, from: undefined, ports, version, json: false },
		{
			packet: (packet, place) => seen.packets.push({ packet, place: { ...place! } }),
			hole: (sender, bytes) => seen.holes.push({ sender, bytes }),
		},
	);
	try {
		for (let at = 0; at < capture.length; at += chunk) input.push(capture.subarray(at, at + chunk));
		input.end();
	} catch (error) {
		seen.error = error as Error;
	}
	return seen;
}

const types = (seen: Seen, sender: Sender) =>
	seen.packets.flatMap(({ packet }) => (packet.sender === sender ? [packet.type] : []));

/** The handshake, then the stream in pieces of `size`. */
function stream(from: Sender, bytes: Uint8Array, size: number, more: Partial<Piece> = {}): Piece[] {
	const pieces: Piece[] = [];
	for (let at = 0; at < bytes.length; at += size)
		pieces.push({ from, at: at + 1, bytes: bytes.subarray(at, at + size), ...more });
	return pieces;
}

function handshake(more: Partial<Piece> = {}): Piece[] {
	const none = new Uint8Array();
	return [
		{ from: "client", at: 0, bytes: none, flags: { syn: true, ack: false }, ...more },
		{ from: "server", at: 0, bytes: none, flags: { syn: true }, ...more },
	];
}

const whole = (size: number, more: Partial<Piece> = {}) => [
	...handshake(more),
	...stream("client", FROM_CLIENT, size, more),
	...stream("server", FROM_SERVER, size, more),
];
const frames = (pieces: Piece[]) => pieces.map(frame);

function expectWhole(seen: Seen): void {
	expect(seen.error).toBeUndefined();
	expect(seen.holes).toEqual([]);
	expect(types(seen, "client")).toEqual(CLIENT_TYPES);
	expect(types(seen, "server")).toEqual(SERVER_TYPES);
	for (const { packet } of seen.packets)
		expect([packet.type, rulesOf(packet), packet.missing]).toEqual([packet.type, [], 0]);
	expect(seen.packets.filter(({ packet }) => values(packet, "Payload")[0] === "21.5")).toHaveLength(2);
}

test.each([
	["pcap", pcap(frames(whole(500)))],
	["pcap, other byte order", pcap(frames(whole(500)), { big: true })],
	["pcap with nanoseconds", pcap(frames(whole(500)), { nanoseconds: true })],
	["pcapng", pcapng(frames(whole(500)))],
	["pcapng, other byte order", pcapng(frames(whole(500)), { big: true })],
	["pcapng without times", pcapng(frames(whole(500)), { simple: true })],
	["IPv6", pcap(frames(whole(500, { version: 6 })))],
	["VLAN", pcap(frames(whole(500, { vlan: true })))],
	["a byte a segment", pcap(frames(whole(1)))],
	["sequence numbers that wrap", pcap(frames(whole(500, { begin: 2 ** 32 - 700 })))],
	["sequence numbers that wrap their sign", pcap(frames(whole(500, { begin: 2 ** 31 - 700 })))],
])("%s", (_, capture) => {
	for (const chunk of [capture.length, 1000, 7]) expectWhole(read(capture, { chunk }));
});

test("addresses and times are those of the capture", () => {
	for (const capture of [pcap(frames(whole(5000))), pcapng(frames(whole(5000)))])
		expect(read(capture).packets[0].place).toEqual({
			client: "127.0.0.1:50000",
			server: "10.0.0.2:1883",
			connection: 1,
			time: 1_700_000_000_002,
		});
	expect(read(pcap(frames(whole(5000, { version: 6 })))).packets[0].place.client).toBe(
		"[2001:db8::7f00:1]:50000",
	);
});

test("segments out of order, overlapping and sent again: the same packets", () => {
	const order = fc.array(fc.tuple(fc.nat(3), fc.nat(200), fc.nat(400)), { minLength: 1, maxLength: 40 });
	fc.assert(
		fc.property(order, fc.integer({ min: 50, max: 600 }), (moves, size) => {
			const pieces = [...stream("client", FROM_CLIENT, size), ...stream("server", FROM_SERVER, size)];
			// Each goes a little later; some come twice, as another cut of the stream.
			for (const [kind, at, by] of moves) {
				const i = at % pieces.length;
				const [piece] = kind === 0 ? pieces.slice(i, i + 1) : pieces.splice(i, 1);
				const to = Math.min(pieces.length, i + (by % 20));
				pieces.splice(to, 0, piece);
				if (kind === 1 && piece.bytes.length > 1) {
					const half = piece.bytes.length >> 1;
					pieces.splice(to, 0, { ...piece, at: piece.at + half, bytes: piece.bytes.subarray(half) });
				}
			}
			expectWhole(read(pcap(frames([...handshake(), ...pieces]))));
		}),
		{ numRuns: 300 },
	);
});

test("connections side by side, and the same ports again", () => {
	const first = whole(100, { clientPort: 50_001 });
	const second = whole(100, { clientPort: 50_002, begin: 77_777 });
	const mixed = first.flatMap((piece, i) => [piece, second[i]]);
	const again = whole(100, { clientPort: 50_001, begin: 999_999 });
	const seen = read(pcap(frames([...mixed, ...again])));
	for (const connection of [1, 2, 3]) {
		const of = seen.packets.filter(({ place }) => place.connection === connection);
		expectWhole({ ...seen, packets: of });
	}
});

test("what is no MQTT is passed over; at another port it is MQTT if it begins with CONNECT, or the port is named", () => {
	const web = whole(100).map((piece) => ({
		...piece,
		serverPort: 80,
		clientPort: 60_000,
		bytes: Buffer.from(piece.bytes.map((byte) => byte ^ 0x55)),
	}));
	const udp = frame(whole(100)[2]);
	udp[23] = 17;
	const arp = Buffer.alloc(60, 6);
	const at8883 = whole(100, { serverPort: 8884 });
	const capture = pcap([...frames(web), udp, arp, ...frames(at8883)]);
	expectWhole(read(capture));
	const late = pcap(frames(at8883.slice(3)));
	expect(read(late).packets).toEqual([]);
	expect(read(late, { ports: [1883, 8884] }).packets.length).toBeGreaterThan(0);
});

test("a capture that begins late waits for the next packet, and does not judge what it did not see", () => {
	const pieces: Piece[] = [
		{ from: "server", at: 5000, bytes: PUBLISH("a", "x".repeat(100)).subarray(40) },
		{ from: "server", at: 6000, bytes: concat([PUBLISH("a", "1"), PUBLISH("b", "2")]) },
		{ from: "client", at: 700, bytes: PUBACK(9) },
	];
	pieces[1].at = pieces[0].at + pieces[0].bytes.length;
	const seen = read(pcap(frames(pieces)));
	expect(seen.packets.map(({ packet }) => [packet.sender, packet.type, rulesOf(packet)])).toEqual([
		["server", "PUBLISH", []],
		["server", "PUBLISH", []],
		["client", "PUBACK", []],
	]);
	expect(seen.holes).toEqual([{ sender: "server", bytes: pieces[0].bytes.length }]);
});

const MIDST: [name: string, from: Sender, bytes: Uint8Array][] = [
	["DISCONNECT of the server", "server", packet(0xe0, [0x8b, 0])],
	["PUBACK with a reason code", "client", packet(0x40, word(7), [0x10])],
	["AUTH", "server", packet(0xf0, [0x18, 4, 0x15, 0, 1, 0x4d])],
	["UNSUBACK", "server", packet(0xb0, word(7), [0, 0x11])],
	["PUBLISH under an alias", "client", packet(0x30, [0, 0, 3, 0x23, 0, 1, 0x78])],
	["SUBSCRIBE", "client", packet(0x82, word(7), [0], field("a/b"), [0x2c])],
];

test.each(MIDST)(
	"a capture of MQTT 5.0 that begins late goes on with the next packet: %s",
	(_, from, bytes) => {
		const cut = PUBLISH("a", "x".repeat(100)).subarray(40);
		const pieces: Piece[] = [
			{ from, at: 5000, bytes: cut },
			{ from, at: 5000 + cut.length, bytes },
		];
		for (const version of [undefined, 5] as const) {
			const seen = read(pcap(frames(pieces)), { version });
			expect(seen.holes).toEqual([{ sender: from, bytes: cut.length }]);
			expect(seen.packets.map(({ packet }) => [packet.version, packet.guessed, rulesOf(packet)])).toEqual([
				[5, version === undefined, []],
			]);
		}
		expect(
			read(pcap(frames(pieces)), { version: 4 }).packets.map(({ packet }) => packet.version),
		).not.toContain(5);
	},
);

test("a segment that is missing is a hole, and what comes behind it is read", () => {
	const parts = [
		CONNECT,
		PUBLISH("lost", "1"),
		...Array.from({ length: 100 }, (_, i) => PUBLISH("t", String(i))),
	];
	let at = 1;
	const pieces = parts.map((bytes) => {
		const piece: Piece = { from: "client", at, bytes };
		at += bytes.length;
		return piece;
	});
	pieces.splice(1, 1);
	const seen = read(pcap(frames([...handshake(), ...pieces])));
	expect(seen.holes).toEqual([{ sender: "client", bytes: parts[1].length }]);
	expect(seen.packets.flatMap(({ packet }) => rulesOf(packet))).toEqual([]);
	expect(seen.packets.map(({ packet }) => values(packet, "Payload")[0])).toEqual([
		undefined,
		...Array.from({ length: 100 }, (_, i) => String(i)),
	]);
});

test("frames cut by the capture: the long packet is shown as far as it goes, the next one whole", () => {
	const pieces = [
		...handshake(),
		...stream("client", CONNECT, 1000),
		{ from: "client" as const, at: 1 + CONNECT.length, bytes: PUBLISH("long", "x".repeat(500)) },
	];
	const next = pieces.at(-1)!.at + pieces.at(-1)!.bytes.length;
	pieces.push({ from: "client", at: next, bytes: PUBLISH("short", "1") });
	const seen = read(pcap(frames(pieces), { snap: 120 }));
	expect(seen.packets.map(({ packet }) => [values(packet, "Topic Name")[0], packet.missing > 0])).toEqual([
		[undefined, false],
		["long", true],
		["short", false],
	]);
	expect(seen.packets[1].packet.violations).toEqual([]);
});

test("a reset ends the connection: a packet without its end is told", () => {
	const half = PUBLISH("a", "xyz");
	const pieces = [
		...handshake(),
		...stream("client", concat([CONNECT, half.subarray(0, 4)]), 1000),
		{ from: "server" as const, at: 1, bytes: new Uint8Array(), flags: { rst: true } },
	];
	const { packets } = read(pcap(frames(pieces)));
	expect(packets.at(-1)!.packet).toMatchObject({ type: "PUBLISH", missing: half.length - 4 });
});

test("a file cut anywhere gives what is before, and says so", () => {
	for (const capture of [pcap(frames(whole(500))), pcapng(frames(whole(500)))])
		for (let length = capture.length - 400; length < capture.length; length++) {
			const seen = read(capture.subarray(0, length));
			const client = types(seen, "client");
			expect(client.length).toBeGreaterThan(1);
			expect(client).toEqual(CLIENT_TYPES.slice(0, client.length));
			if (seen.error !== undefined)
				expect(seen.error.message).toMatch(/ends in the middle of a frame: .+; .+/);
		}
	expect(read(pcap(frames(whole(500))).subarray(0, -1)).error).toBeDefined();
});

test("damaged files: an error in three parts at worst, never another exception", () => {
	const captures = [
		pcap(frames(whole(200))),
		pcapng(frames(whole(200))).subarray(0, 100),
		pcapng(frames(whole(200))),
	];
	fc.assert(
		fc.property(fc.nat(2), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 10 }), (which, changes) => {
			const capture = Buffer.from(captures[which]);
			const tail = which === 2 ? capture.length - 8000 : 0;
			for (const [where, byte] of changes) capture[tail + (where % (capture.length - tail))] = byte;
			const { error } = read(capture, { chunk: 4096 });
			if (error !== undefined) expect(error.message).toMatch(/: .+; .+/);
		}),
		{ numRuns: 300 },
	);
});
