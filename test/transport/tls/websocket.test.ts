// A Client over WebSocket over TLS, with packets and frames that are longer than a record, cut anywhere: all that is sent
// arrives, both ways.

import fc from "fast-check";
import { Topic } from "../../../src/index.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import { webSocketLayer } from "../../../src/transport/websocket/layer.js";
import { Authority, type Issued } from "../../support/authority.js";
import { CONNACK, concat, listing, PUBLISH } from "../../support/packets.js";
import { Setup } from "../../support/setup.js";
import { capabilityOf, scriptOf, TlsPeer } from "../../support/tls/tls-peer.js";
import { ACCEPTANCE, FRAME, type FrameOptions, FrameReader, PING, textOf } from "../../support/websocket.js";
import { numbers } from "../../support/websocket-peer.js";

let authority: Authority;
let broker: Issued;
beforeAll(() => {
	authority = new Authority();
	broker = authority.issue({ names: "DNS:localhost,IP:127.0.0.1" });
});
afterAll(() => authority.remove());

/** Connected, with the broker's acceptance of CONNECT in the same record as that of the WebSocket's. */
function connected(room: number, shortRead: number | undefined) {
	const setup = new Setup(
		(place) => ({
			streams: {
				tls: tlsLayer(capabilityOf(place)),
				webSocket: webSocketLayer({ random: numbers() }),
			},
			tls: { ca: authority.own.pem, fragmentLength: 512 },
			webSocket: {},
			host: "127.0.0.1",
			keepAlive: 0,
			packetSize: 2000,
			storeSize: 40_000,
			receiveSize: 300,
		}),
		{ room, shortRead },
	);
	const tls = new TlsPeer(setup.peer, scriptOf(broker, authority.own), setup.clock);
	setup.peer.open();
	tls.talk();
	const reader = new FrameReader();
	const drain = () => {
		for (let bytes = tls.take(); bytes.length > 0; bytes = tls.take()) {
			reader.add(bytes);
			setup.clock.advance(1);
		}
		return reader.takeBinary();
	};
	let request = "";
	for (let bytes = tls.take(); bytes.length > 0; bytes = tls.take()) request += textOf(bytes);
	tls.send(ACCEPTANCE(request));
	const connect = drain();
	if (connect[0] !== 0x10) throw new Error("no CONNECT");
	tls.send(FRAME(CONNACK()));
	setup.news();
	return { setup, tls, drain };
}

test("what the app publishes", () => {
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom(0, 100, 119, 120, 300, 410, 500, 512, 600, 1500, 1990, 3000), {
				minLength: 1,
				maxLength: 8,
			}),
			fc.constantFrom(130, 300, 700, 1536, 5000),
			(lengths, room) => {
				const { setup, drain } = connected(room, undefined);
				const topic = new Topic("t");
				const payloads = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
				for (const payload of payloads) expect(setup.client.publish(topic, payload)).toBe(0);
				const all: Uint8Array[] = [];
				for (let i = 0; i < 40; i++) {
					all.push(drain());
					setup.clock.advance(300);
				}
				expect(listing(concat(all))).toEqual(listing(concat(payloads.map((it) => PUBLISH("t", it)))));
				expect(setup.peer.socket.overruns).toBe(0);
				setup.client.close();
			},
		),
		{ numRuns: 60 },
	);
});

test("what the broker sends", () => {
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom(0, 1, 120, 300, 301, 700, 2000), { minLength: 1, maxLength: 8 }),
			fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
			fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 5 }),
			fc.array(fc.nat(9000), { maxLength: 12 }),
			fc.constantFrom(undefined, 1, 7),
			fc.integer({ min: 1, max: 4 }),
			(lengths, frames, records, cuts, shortRead, every) => {
				const { setup, tls } = connected(1536, shortRead);
				const { client } = setup;
				const got: number[] = [];
				let heard = 0;
				client.subscribe("t", 0, (message) => {
					for (let i = 0; i < message.length; i++) got.push(message.bytes[i]);
					if (++heard % every === 0) client.pause();
				});
				const payloads = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
				const stream = concat(payloads.map((it) => PUBLISH("t", it)));
				const framed: Uint8Array[] = [];
				for (let at = 0, i = 0; at < stream.length; i++) {
					const size = frames[i % frames.length];
					const options: FrameOptions = {
						opcode: i === 0 ? 2 : 0,
						fin: at + size >= stream.length,
					};
					framed.push(FRAME(stream.slice(at, at + size), options));
					if (i % 3 === 0) framed.push(FRAME("x".repeat(i % 125), { opcode: PING }));
					at += size;
				}
				const text = concat(framed);
				const parts: Uint8Array[] = [];
				for (let at = 0, i = 0; at < text.length; i++) {
					parts.push(text.slice(at, at + records[i % records.length]));
					at += records[i % records.length];
				}
				setup.peer.sendCut(
					tls.encrypt(...parts),
					[...cuts].sort((a, b) => a - b),
				);
				for (let i = 0; i < 200 && got.length < concat(payloads).length; i++) {
					client.resume();
					setup.clock.advance(5);
					tls.take();
				}
				expect(got).toEqual([...concat(payloads)]);
				expect(setup.news().filter((it) => it.startsWith("disconnected"))).toEqual([]);
				client.resume();
				client.close();
			},
		),
		{ numRuns: 100 },
	);
});
