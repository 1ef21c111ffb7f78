// Writes that the socket does not take: once though there is room, or never again, after the end of the stream.

import { State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { QoS } from "../../src/index.js";
import {
	CONNACK,
	concat,
	DISCONNECT,
	PINGREQ,
	PUBACK,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBSCRIBE,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

describe("what the socket refuses once, with nothing under way, goes at the next tick:", () => {
	const payload = Uint8Array.of(1, 2, 3);
	const cases: [string, (setup: Setup) => unknown, Uint8Array[]][] = [
		["PUBLISH at QoS 0", ({ client }) => client.publish("t", "x"), [PUBLISH("t", "x")]],
		["PUBLISH at QoS 1", ({ client }) => client.publish("t", "x", 1), [PUBLISH("t", "x", { qos: 1, id: 1 })]],
		["PUBLISH at QoS 2", ({ client }) => client.publish("t", "x", 2), [PUBLISH("t", "x", { qos: 2, id: 1 })]],
		["SUBSCRIBE", ({ client }) => client.subscribe("s", 0), [SUBSCRIBE(1, "s", 0)]],
		["PUBACK", ({ peer }) => peer.send(PUBLISH("in", "", { qos: 1, id: 7 })), [PUBACK(7)]],
		["PUBREC", ({ peer }) => peer.send(PUBLISH("in", "", { qos: 2, id: 7 })), [PUBREC(7)]],
		["PUBREL", ({ peer }) => peer.send(PUBREC(9)), [PUBREL(9)]],
		["DISCONNECT", ({ client }) => client.close(), [DISCONNECT]],
		[
			"the head of a long packet",
			({ client }) => client.publishFrom("t", 3, (_offset, view) => view.fill(7) && 3),
			[PUBLISH("t", [7, 7, 7])],
		],
	];

	test.each(cases)("%s", (_what, act, sent) => {
		const setup = connected({ keepAlive: 0 });
		setup.peer.socket.refusals = 1;
		act(setup);
		expect(setup.peer.socket.refusals).toBe(0);
		setup.peer.expect();
		setup.clock.advance(250);
		setup.peer.expect(...sent);
	});

	test.each([0, 1] as QoS[])("a message as the one before it, at QoS %d", (qos) => {
		const setup = connected({ keepAlive: 0 });
		for (const id of [1, 2]) {
			setup.client.publish("t", payload, qos);
			setup.peer.expect(PUBLISH("t", payload, { qos, id: qos && id }));
		}
		setup.peer.socket.refusals = 1;
		setup.client.publish("t", payload, qos);
		setup.peer.expect();
		setup.clock.advance(250);
		setup.peer.expect(PUBLISH("t", payload, { qos, id: qos && 3 }));
	});

	test("a part of a long packet", () => {
		const setup = connected({ keepAlive: 0 });
		let parts = 0;
		const fill = (_offset: number, view: Uint8Array) => {
			if (++parts === 2) setup.peer.socket.refusals = 1;
			return view.fill(7).length;
		};
		setup.client.publishFrom("t", 1024, fill);
		expect(setup.peer.socket.refusals).toBe(0);
		const written = concat(setup.peer.writes.slice(1));
		expect(written.length).toBeLessThan(1024);
		setup.clock.advance(250);
		expect(concat(setup.peer.writes.slice(1))).toEqual(PUBLISH("t", new Uint8Array(1024).fill(7)));
	});

	test("PINGREQ", () => {
		const setup = connected({ keepAlive: 10_000 });
		setup.clock.advance(8000);
		setup.peer.socket.refusals = 1;
		setup.clock.advance(1000);
		setup.peer.expect(PINGREQ);
	});

	test("CONNECT", () => {
		const setup = new Setup();
		setup.peer.socket.refusals = 1;
		setup.peer.open();
		expect(setup.peer.take()).toHaveLength(0);
		setup.clock.advance(250);
		expect(setup.peer.take()[0]).toBe(0x10);
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual(["connected false"]);
	});
});

test("what is refused again and again ends the connection after replyTimeout, and goes on the next one", () => {
	const setup = connected({ keepAlive: 0, replyTimeout: 5000 });
	setup.peer.socket.refusals = Number.POSITIVE_INFINITY;
	setup.client.publish("t", "x", 1);
	setup.clock.advance(4750);
	expect(setup.news()).toEqual([]);
	setup.clock.advance(900);
	expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	setup.reconnect().expect(PUBLISH("t", "x", { qos: 1, id: 1 }));
});

describe("the broker leaves while more messages are unread than acknowledgements may wait:", () => {
	const messages = (count: number, qos: QoS) =>
		Array.from({ length: count }, (_, i) => PUBLISH("in", "x", { qos, id: i + 1 }));

	test.each([
		[700, 0],
		[700, 1],
		[30, 2],
	] as [number, QoS][])("%d at QoS %d are delivered, and the end is seen", (count, qos) => {
		const setup = connected({ keepAlive: 0 });
		setup.client.pause();
		setup.peer.send(...messages(count, qos));
		setup.peer.end();
		setup.client.resume();
		setup.clock.advance(250);
		const heard = setup.news();
		expect(heard.pop()).toBe(`disconnected ${reasons.CONNECTION_LOST}`);
		expect(heard).toHaveLength(count);
		setup.redial();
		setup.news();
		setup.peer.accept(true);
		// On the next connection they come again; at QoS 2 they are known.
		setup.peer.send(...messages(16, qos));
		expect(setup.news()).toHaveLength(qos === 2 ? 1 : 17);
	});

	test("acknowledgements that waited for room before the end do not keep what is unread", () => {
		const setup = connected({ keepAlive: 0 }, { room: 23 });
		setup.client.publish("t", "fills the socket"); // but for two bytes
		setup.peer.send(...messages(16, 1));
		setup.client.pause();
		setup.peer.send(...messages(700, 1));
		setup.peer.end();
		setup.peer.socket.options.onWritable.call(setup.peer.socket, 23);
		setup.client.resume();
		setup.clock.advance(500);
		const heard = setup.news();
		expect(heard.pop()).toBe(`disconnected ${reasons.CONNECTION_LOST}`);
		expect(heard).toHaveLength(716);
	});

	test("without any room, after replyTimeout", () => {
		const setup = connected({ keepAlive: 0 }, { room: 23 });
		setup.client.publish("t", "fills the socket");
		setup.peer.send(...messages(700, 1));
		setup.peer.end();
		setup.clock.advance(9750);
		expect(setup.client.state).toBe(State.CONNECTED);
		setup.clock.advance(1600);
		expect(setup.news().pop()).toBe(`disconnected ${reasons.NO_REPLY}`);
	});
});
