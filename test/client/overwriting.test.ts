// A stream that overwrites what it took, as one that masks it in place does (RFC 6455, section 5.3), or that allocates, as
// TLS does: what goes out is right all the same, each time, and what is held is not touched.

import type { ClientOptions } from "../../src/connection/options.js";
import type { QoS } from "../../src/wire/protocol.js";
import { Topic } from "../../src/wire/topic.js";
import {
	CONNACK,
	concat,
	PINGREQ,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	SUBSCRIBE,
} from "../support/packets.js";
import { Setup } from "../support/setup.js";
import type { Quirks } from "../support/socket.js";

const topic = new Topic("t");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

/** All that the test at hand has made. */
let setups: Setup[] = [];

afterEach(() => {
	const sockets = setups.flatMap(({ place }) => place.peers.map(({ socket }) => socket));
	setups = [];
	expect(sockets.reduce((sum, { shortWrites }) => sum + shortWrites, 0)).toBe(0);
});

describe.each<[string, Quirks]>([
	["overwrites", { overwrites: true }],
	["allocates", { allocates: true }],
	["overwrites and allocates", { overwrites: true, allocates: true }],
])("a stream that %s", (_what, quirks) => {
	function begun(options: Partial<ClientOptions>, further: Quirks = {}): Setup {
		const setup = new Setup(options, { ...quirks, ...further });
		setups.push(setup);
		return setup;
	}

	function accepted(options: Partial<ClientOptions>, further: Quirks = {}): Setup {
		const setup = begun(options, further);
		setup.peer.accept();
		setup.news();
		return setup;
	}

	test.each<QoS>([0, 1, 2])("the same again and again, and others in between, at QoS %d", (qos) => {
		const { client, peer } = accepted({ window: 8 });
		const other = new Topic("u");
		for (let i = 0; i < 12; i++) {
			const [to, name] = i % 4 === 3 ? ([other, "u"] as const) : ([topic, "t"] as const);
			const id = client.publish(to, bytes(`value${i % 2}`), qos);
			peer.expect(PUBLISH(name, `value${i % 2}`, { qos, id }));
			if (qos === 1) peer.send(PUBACK(id));
			if (qos !== 2) continue;
			peer.send(PUBREC(id));
			peer.expect(PUBREL(id));
			peer.send(PUBCOMP(id));
		}
		expect(client.held).toBe(0);
	});

	test("what is not acknowledged goes again as it was", () => {
		const setup = accepted({});
		const { client } = setup;
		client.publish(topic, "first", 1);
		client.publish(topic, "second", 2);
		client.publish(topic, bytes("third"), 1);
		client.publish(topic, bytes("forth"), 1);
		setup.peer.take();
		setup.peer.end();
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", "first", { qos: 1, id: 1, dup: true }),
				PUBLISH("t", "second", { qos: 2, id: 2, dup: true }),
				PUBLISH("t", "third", { qos: 1, id: 3, dup: true }),
				PUBLISH("t", "forth", { qos: 1, id: 4, dup: true }),
			);
	});

	test.each([0, 1] as const)("what the stream refuses once is sent whole later, at QoS %d", (qos) => {
		const setup = accepted({});
		const { client, clock, peer } = setup;
		const sent = [1, 2, 3, 4].map((i) => {
			if (i === 2 || i === 4) peer.socket.refusals = 1;
			const id = client.publish(topic, bytes(`reading${i}`), qos);
			clock.advance(500);
			return PUBLISH("t", `reading${i}`, { qos, id });
		});
		peer.expect(...sent);
	});

	test("acknowledgements, PINGREQ and packets in pieces", () => {
		const { client, clock, peer } = accepted({ packetSize: 64, keepAlive: 1000 }, { room: 100 });
		const long = "x".repeat(300);
		const id = client.publish("t", long, 1);
		let sent = peer.take();
		for (let part = peer.take(); part.length > 0; part = peer.take()) sent = concat([sent, part]);
		expect(sent).toEqual(PUBLISH("t", long, { qos: 1, id }));
		peer.send(PUBACK(id));
		const filter = "f".repeat(150);
		client.subscribe(filter, 0);
		sent = peer.take();
		for (let part = peer.take(); part.length > 0; part = peer.take()) sent = concat([sent, part]);
		expect(sent).toEqual(SUBSCRIBE(id + 1, filter, 0));
		peer.send(
			concat([SUBACK(id + 1, 0), PUBLISH("a", "1", { qos: 1, id: 7 }), PUBLISH("a", "2", { qos: 1, id: 8 })]),
		);
		peer.expect(PUBACK(7), PUBACK(8));
		clock.advance(500);
		peer.expect(PINGREQ);
		peer.send(PINGRESP);
		const pulled = client.publishFrom("t", 200, (offset, view) => {
			const count = Math.min(view.length, 200 - offset);
			for (let i = 0; i < count; i++) view[i] = 97 + ((offset + i) % 26);
			return count;
		});
		expect(pulled).toBe(0);
		sent = peer.take();
		for (let part = peer.take(); part.length > 0; part = peer.take()) sent = concat([sent, part]);
		expect(sent).toEqual(
			PUBLISH(
				"t",
				Uint8Array.from({ length: 200 }, (_, i) => 97 + (i % 26)),
			),
		);
	});

	test("CONNECT together with what waits", () => {
		const setup = begun({ pipelining: true });
		setup.client.publish("t", "early", 1);
		setup.client.subscribe("s", 1);
		setup.peer.open();
		const sent = setup.peer.take();
		const behind = concat([SUBSCRIBE(2, "s", 1), PUBLISH("t", "early", { qos: 1, id: 1 })]);
		expect(sent.slice(-behind.length)).toEqual(behind);
		setup.peer.send(CONNACK());
		setup.peer.send(PUBACK(1));
		expect(setup.client.held).toBe(0);
	});
});
