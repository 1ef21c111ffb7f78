// TLS and WebSocket as the Client sees them: which streams it asks for, where, and what it makes of their reasons.

import { Client } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import { CONNECT_FAILED, CONNECTION_LOST } from "../../src/connection/reasons.js";
import { Reason } from "../../src/wire/reason.js";
import { FakeLayer } from "../support/layer.js";
import { CONNACK, PUBLISH } from "../support/packets.js";
import { Place } from "../support/place.js";
import { Setup } from "../support/setup.js";

const tls = { ca: "theirs" };
const webSocket = { path: "/ws" };

/** A Client with both layers to be had. */
function setup(options: Partial<ClientOptions>) {
	const layers = { tls: new FakeLayer(), webSocket: new FakeLayer() };
	const it = new Setup({
		streams: { tls: layers.tls.layer, webSocket: layers.webSocket.layer },
		random: () => 0.5,
		reconnectMinimum: 1000,
		reconnectMaximum: 20_000,
		...options,
	});
	return Object.assign(it, { layers });
}

test.each<[Partial<ClientOptions>, number, boolean, boolean]>([
	[{}, 1883, false, false],
	[{ tls }, 8883, true, false],
	[{ webSocket }, 80, false, true],
	[{ tls, webSocket }, 443, true, true],
	[{ tls, port: 443 }, 443, true, false],
	[{ webSocket, port: 8080 }, 8080, false, true],
	[{ tls, webSocket, port: 8084 }, 8084, true, true],
	[{ port: 1884 }, 1884, false, false],
])("with the options %j it dials port %d", (options, port, overTls, overWebSocket) => {
	const { place, layers } = setup(options);
	expect(place.peer.socket.options.port).toBe(port);
	const stream = ["10.0.0.1", "10.0.0.1", port];
	expect(layers.tls.opened).toEqual(overTls ? [stream] : []);
	expect(layers.webSocket.opened).toEqual(overWebSocket ? [stream] : []);
	expect(layers.tls.options).toBe(overTls ? tls : undefined);
	expect(layers.webSocket.options).toBe(overWebSocket ? webSocket : undefined);
});

test.each<[Partial<ClientOptions>, RegExp]>([
	[{ tls }, /the network has nothing for the option tls: on Moddable add manifest_tls\.json/],
	[{ tls, streams: {} }, /nothing for the option tls/],
	[{ webSocket }, /nothing for the option webSocket: on Moddable add manifest_websocket\.json/],
	[{ webSocket, streams: { tls: new FakeLayer().layer } }, /nothing for the option webSocket/],
	[{ tls, webSocket, streams: { tls: new FakeLayer().layer } }, /nothing for the option webSocket/],
	[{ host: [] }, /host is a list of 0: it may have 1 to 16 names or addresses/],
	[{ host: Array.from({ length: 17 }, () => "a") }, /host is a list of 17/],
	[{ host: ["a", ""] }, /host is "": it must be the broker's host name or address, or a list of them/],
	[{ host: ["a", 5 as never] }, /host is 5/],
	[{ host: {} as never }, /host is .*object/],
])("the options %j throw, and nothing has begun", (options, rule) => {
	const place = new Place();
	expect(() => new Client({ ...place.network, host: "10.0.0.1", protocolVersion: 4, ...options })).toThrow(
		rule,
	);
	expect([place.peers.length, place.lookups.length, place.clock.timers]).toEqual([0, 0, 0]);
});

test("what a layer throws at the Client's construction goes to the app", () => {
	const place = new Place();
	const streams = {
		tls: () => {
			throw new RangeError("tls.ca is missing");
		},
	};
	expect(
		() => new Client({ ...place.network, streams, host: "10.0.0.1", protocolVersion: 4, tls: {} }),
	).toThrow(/tls\.ca is missing/);
	expect([place.peers.length, place.clock.timers]).toEqual([0, 0]);
});

describe("a stream that fails", () => {
	const NETWORK = new Reason("network", "the line is cut");
	const PEER = new Reason("peer", "it speaks Klingon");
	const BROKER = new Reason("broker", "its certificate has expired");

	test.each([
		[NETWORK, 500],
		[PEER, 500],
		[BROKER, 20_500],
	])(
		'tells the app why, before it is connected: "%s"; and whose fault it is decides the delay',
		(reason, delay) => {
			const it = setup({ tls });
			it.layers.tls.fail(reason);
			expect(it.news()).toEqual([`disconnected ${reason}`]);
			expect(it.peer.socket.closed).toBe(true);
			it.clock.advance(delay - 1);
			expect(it.place.peers.length).toBe(1);
			it.clock.advance(1);
			expect(it.place.peers.length).toBe(2);
		},
	);

	test("without a reason it is what it was for plain TCP", () => {
		const it = setup({ tls });
		it.layers.tls.fail();
		expect(it.news()).toEqual([`disconnected ${CONNECT_FAILED}`]);
		it.redial().accept();
		it.news();
		it.layers.tls.fail();
		expect(it.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
	});

	test("tells why in the handshake and when connected, after what came before is handled", () => {
		const it = setup({ tls });
		it.peer.open();
		it.layers.tls.fail(PEER);
		expect(it.news()).toEqual([`disconnected ${PEER}`]);
		it.redial().open();
		it.peer.send(CONNACK(), PUBLISH("t", "last"));
		it.layers.tls.fail(NETWORK);
		expect(it.news()).toEqual(["connected false", "message t=last", `disconnected ${NETWORK}`]);
	});

	test("tells nothing once it is another's turn", () => {
		const it = setup({ tls });
		it.peer.accept();
		it.peer.fail();
		it.redial().accept();
		it.news();
		it.place.peers[0].fail();
		expect(it.news()).toEqual([]);
	});
});
