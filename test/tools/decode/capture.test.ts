// Captures: what tshark makes of files, and what we make of segments: connections side by side, in any order, cut.

import { Readable } from "node:stream";
import fc from "fast-check";
import { Connections, type Place, type Sink } from "../../../tools/decode/connections.js";
import { decodeInput } from "../../../tools/decode/input.js";
import type { Packet, Sender, Version } from "../../../tools/decode/packet.js";
import { Random } from "../../delivery/random.js";
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
import { frame, type Piece, pcap, pcapng, segment } from "./capture.js";
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

interface How {
	ports?: number[];
	version?: Version | undefined;
}

const diary = (): Seen => ({ packets: [], holes: [], error: undefined });
const sinkOf = (seen: Seen): Sink => ({
	packet: (packet, place) => seen.packets.push({ packet, place: { ...place! } }),
	hole: (sender, bytes) => seen.holes.push({ sender, bytes }),
});

/** Segments as tshark would give them. */
function follow(pieces: Piece[], { ports = [1883], version }: How = {}): Seen {
	const seen = diary();
	const connections = new Connections(ports, sinkOf(seen), version);
	for (const it of pieces) connections.add(segment(it));
	connections.end();
	return seen;
}

/** A file, by the real tshark. */
async function read(capture: Uint8Array, { ports = [1883], version }: How = {}): Promise<Seen> {
	const seen = diary();
	try {
		await decodeInput(
			Readable.from([capture]),
			{ format: undefined, from: undefined, ports, version, json: false },
			sinkOf(seen),
		);
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
])("%s", async (_, capture) => {
	expectWhole(await read(capture));
});

test("addresses and times are those of the capture", async () => {
	for (const capture of [pcap(frames(whole(5000))), pcapng(frames(whole(5000)))])
		expect((await read(capture)).packets[0].place).toEqual({
			client: "127.0.0.1:50000",
			server: "10.0.0.2:1883",
			connection: 1,
			time: 1_700_000_000_002,
		});
	const six = await read(pcap(frames(whole(5000, { version: 6 }))));
	expect(six.packets[0].place.client).toBe("[2001:db8::7f00:1]:50000");
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
			expectWhole(follow([...handshake(), ...pieces]));
		}),
		{ numRuns: 300 },
	);
});

test("connections side by side, and the same ports again", () => {
	const first = whole(100, { clientPort: 50_001 });
	const second = whole(100, { clientPort: 50_002, begin: 77_777 });
	const mixed = first.flatMap((piece, i) => [piece, second[i]]);
	const again = whole(100, { clientPort: 50_001, begin: 999_999 });
	const seen = follow([...mixed, ...again]);
	for (const connection of [1, 2, 3]) {
		const of = seen.packets.filter(({ place }) => place.connection === connection);
		expectWhole({ ...seen, packets: of });
	}
});

test("what is no MQTT is passed over; at another port it is MQTT if it begins with CONNECT, or the port is named", async () => {
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
	expectWhole(await read(capture));
	const late = at8883.slice(3);
	expect(follow(late).packets).toEqual([]);
	expect(follow(late, { ports: [1883, 8884] }).packets.length).toBeGreaterThan(0);
});

test("a capture that begins late waits for the next packet, and does not judge what it did not see", () => {
	const pieces: Piece[] = [
		{ from: "server", at: 5000, bytes: PUBLISH("a", "x".repeat(100)).subarray(40) },
		{ from: "server", at: 6000, bytes: concat([PUBLISH("a", "1"), PUBLISH("b", "2")]) },
		{ from: "client", at: 700, bytes: PUBACK(9) },
	];
	pieces[1].at = pieces[0].at + pieces[0].bytes.length;
	const seen = follow(pieces);
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
			const seen = follow(pieces, { version });
			expect(seen.holes).toEqual([{ sender: from, bytes: cut.length }]);
			expect(seen.packets.map(({ packet }) => [packet.version, packet.guessed, rulesOf(packet)])).toEqual([
				[5, version === undefined, []],
			]);
		}
		expect(follow(pieces, { version: 4 }).packets.map(({ packet }) => packet.version)).not.toContain(5);
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
	const seen = follow([...handshake(), ...pieces]);
	expect(seen.holes).toEqual([{ sender: "client", bytes: parts[1].length }]);
	expect(seen.packets.flatMap(({ packet }) => rulesOf(packet))).toEqual([]);
	expect(seen.packets.map(({ packet }) => values(packet, "Payload")[0])).toEqual([
		undefined,
		...Array.from({ length: 100 }, (_, i) => String(i)),
	]);
});

test("frames cut by the capture: the long packet is shown as far as it goes, the next one whole", async () => {
	const pieces = [
		...handshake(),
		...stream("client", CONNECT, 1000),
		{ from: "client" as const, at: 1 + CONNECT.length, bytes: PUBLISH("long", "x".repeat(500)) },
	];
	const next = pieces.at(-1)!.at + pieces.at(-1)!.bytes.length;
	pieces.push({ from: "client", at: next, bytes: PUBLISH("short", "1") });
	const seen = await read(pcap(frames(pieces), { snap: 120 }));
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
	const { packets } = follow(pieces);
	expect(packets.at(-1)!.packet).toMatchObject({ type: "PUBLISH", missing: half.length - 4 });
});

test("a file that is cut gives what is before, and says so", async () => {
	for (const capture of [pcap(frames(whole(500))), pcapng(frames(whole(500)))])
		for (const less of [1, 60, 333]) {
			const seen = await read(capture.subarray(0, capture.length - less));
			const client = types(seen, "client");
			expect(client).toEqual(CLIENT_TYPES.slice(0, client.length));
			expect(client.length).toBeGreaterThan(1);
			expect(seen.error?.message).toMatch(/ends in the middle of a frame: .+; .+/);
		}
});

test("a damaged file: an error in three parts at worst, never another exception", async () => {
	const capture = Buffer.from(pcapng(frames(whole(200))));
	const random = new Random(1);
	for (let i = 0; i < 10; i++) {
		const damaged = Buffer.from(capture);
		for (let n = 0; n < 5; n++) damaged[damaged.length - random.from(1, 8000)] = random.from(0, 255);
		const { error } = await read(damaged);
		if (error !== undefined) expect(error.message).toMatch(/: .+; .+/);
	}
	const { error } = await read(Buffer.concat([capture.subarray(0, 4), Buffer.alloc(100, 7)]));
	expect(error?.message).toMatch(/^the capture cannot be read: tshark says: .+; .+/);
});

test("of a tunnel it is the connection inside, and fragments of IP are put together", async () => {
	const ip = Buffer.concat(frames(whole(1500)).slice(2, 3)).subarray(14);
	const [first, second] = fragments(ip);
	const ethernet = (packet: Buffer) => Buffer.concat([Buffer.alloc(12), Buffer.from([8, 0]), packet]);
	const shakes = frames(handshake()).map((it) => it.subarray(14));
	const tunnel = (packet: Buffer) => {
		const outer = Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 4, 0, 0, 9, 9, 9, 9, 8, 8, 8, 8]);
		outer.writeUInt16BE(20 + packet.length, 2);
		return Buffer.concat([outer, packet]);
	};
	const seen = await read(pcap([...shakes.map(ethernet), ethernet(first), ethernet(second)]));
	expect(types(seen, "client").slice(0, 2)).toEqual(CLIENT_TYPES.slice(0, 2));
	const inside = await read(pcap([...shakes, ip].map(tunnel).map(ethernet)));
	expect(inside.packets[0].place.client).toBe("127.0.0.1:50000");
});

/** An IPv4 packet as two. */
function fragments(packet: Buffer): [Buffer, Buffer] {
	const cut = 20 + 800;
	const part = (more: boolean, from: number, to: number) => {
		const header = Buffer.from(packet.subarray(0, 20));
		header.writeUInt16BE(20 + to - from, 2);
		header.writeUInt16BE(0x1234, 4);
		header.writeUInt16BE((more ? 0x2000 : 0) | ((from - 20) >> 3), 6);
		return Buffer.concat([header, packet.subarray(from, to)]);
	};
	return [part(true, 20, cut), part(false, cut, packet.readUInt16BE(2))];
}
