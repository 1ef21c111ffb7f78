// A network that is down, comes up and goes away: one story with MQTT's connection.

import { jest } from "@jest/globals";
import { State } from "../../src/client.js";
import { WIFI_LOST, WIFI_NOT_FOUND, type Wifi } from "../../src/network/wifi.js";
import type { ClientOptions } from "../../src/options.js";
import { CLOSED_BY_APP } from "../../src/reasons.js";
import { PUBLISH } from "../support/packets.js";
import { Setup } from "../support/setup.js";
import { Air } from "../support/wifi.js";

/** A Client on Wi-Fi, with an access point in range or without. */
function setup(inRange: boolean, options: Partial<ClientOptions> = {}) {
	const air = new Air();
	if (inRange) air.inRange.set("home", "secret");
	let wifi!: Wifi;
	const it = new Setup(({ clock }) => {
		wifi = air.wifi(clock);
		return { interface: wifi, random: () => 0.999, ...options };
	});
	return Object.assign(it, { air, wifi });
}

test("the Client waits for the network, burning no attempts, and connects the moment it is up", () => {
	const it = setup(false);
	it.clock.advance(120_000);
	expect(it.client.state).toBe(State.WAITING);
	expect([it.client.statistics.attempts, it.place.peers.length]).toEqual([0, 0]);
	expect(new Set(it.news())).toEqual(new Set([`disconnected ${WIFI_NOT_FOUND}`]));

	it.air.inRange.set("home", "secret");
	while (!it.wifi.up) it.clock.advance(1);
	expect([it.client.state, it.place.peers.length]).toEqual([State.CONNECTING, 1]);
	it.peer.accept();
	expect(it.news().at(-1)).toBe("connected false");
});

test("a network that goes down ends the connection at once, and the reason tells which", () => {
	const it = setup(true);
	it.clock.advance(1000);
	it.peer.accept();
	it.news();
	const id = it.client.publish("t", "held", 1);
	it.peer.expect(PUBLISH("t", "held", { qos: 1, id }));
	it.air.vanish();
	it.clock.settle();
	expect(it.news()).toEqual([`disconnected ${WIFI_LOST}`]);
	expect([it.client.state, it.peer.socket.closed]).toEqual([State.WAITING, true]);

	it.air.inRange.set("home", "secret");
	while (!it.wifi.up) it.clock.advance(1);
	expect(it.place.peers.length).toBe(2);
	it.peer.accept(true);
	it.peer.expect(PUBLISH("t", "held", { qos: 1, id, dup: true }));
});

test("the delay that failures without network have left behind does not count once there is one", () => {
	const it = setup(true, { reconnectMinimum: 1000, reconnectMaximum: 60_000 });
	it.clock.advance(1000);
	for (let i = 0; i < 8; i++) {
		it.peer.fail();
		it.redial();
	}
	it.peer.fail();
	const peers = it.place.peers.length;
	it.air.vanish();
	it.clock.settle();
	it.air.inRange.set("home", "secret");
	while (!it.wifi.up) it.clock.advance(1);
	expect(it.place.peers.length).toBe(peers + 1);
	it.peer.fail();
	it.clock.advance(1250);
	expect(it.place.peers.length).toBe(peers + 2);
});

test("an attempt under way ends with the network, and the next network's name server is asked", () => {
	const it = setup(true, { host: "broker.local" });
	it.clock.advance(1000);
	expect([it.place.resolvers.length, it.place.lookups.length]).toEqual([1, 1]);
	it.air.vanish();
	it.clock.settle();
	it.place.lookups[0].onResolved("broker.local", "10.0.0.1");
	expect(it.place.peers.length).toBe(0);
	it.air.inRange.set("home", "secret");
	it.clock.advance(5000);
	expect([it.place.resolvers.length, it.place.lookups.length]).toEqual([2, 2]);
});

test("closed without network it stays closed, and leaves the interface alone", () => {
	const it = setup(false);
	const attach = jest.spyOn(it.wifi, "attach");
	const detach = jest.spyOn(it.wifi, "detach");
	const second = new Setup({ ...it.place.network, interface: it.wifi });
	const [[listener]] = attach.mock.calls;
	second.client.close();
	expect(detach.mock.calls[0][0] === listener).toBe(true);
	it.client.close();
	expect(it.news()).toEqual([`disconnected ${CLOSED_BY_APP}`]);
	expect(detach).toHaveBeenCalledTimes(2);
	expect(detach.mock.calls[1][0] === listener).toBe(false);
	it.air.inRange.set("home", "secret");
	it.clock.advance(120_000);
	expect(it.wifi.up).toBe(true);
	expect([it.client.state, it.place.peers.length, it.news()]).toEqual([State.CLOSED, 0, []]);
});

test("closing while messages wait ends with the network", () => {
	const it = setup(true);
	it.clock.advance(1000);
	it.peer.accept();
	it.news();
	const id = it.client.publish("t", "x", 1);
	it.client.close();
	it.air.vanish();
	it.clock.settle();
	expect(it.news()).toEqual([`dropped ${id} ${CLOSED_BY_APP}`, `disconnected ${WIFI_LOST}`]);
	expect(it.client.state).toBe(State.CLOSED);
});

test("two clients share one network", () => {
	const it = setup(true);
	const second = new Setup({ ...it.place.network, interface: it.wifi });
	it.clock.advance(1000);
	expect([it.client.state, second.client.state]).toEqual([State.CONNECTING, State.CONNECTING]);
	it.air.vanish();
	it.clock.settle();
	expect([it.client.state, second.client.state]).toEqual([State.WAITING, State.WAITING]);
	expect([it.news(), second.news()]).toEqual([[`disconnected ${WIFI_LOST}`], [`disconnected ${WIFI_LOST}`]]);
});

test("an app may take the network down in a message's handler: what came behind it is not decoded any more", () => {
	const handled: string[] = [];
	const it = setup(true, {
		onMessage(message) {
			handled.push(message.text());
			it.wifi.reconnect();
		},
	});
	it.clock.advance(1000);
	it.peer.accept();
	it.news();
	it.peer.send(PUBLISH("t", "one", { qos: 1, id: 7 }), PUBLISH("t", "two", { qos: 1, id: 8 }));
	it.clock.settle();
	expect([handled, it.news()]).toEqual([["one"], [`disconnected ${WIFI_LOST}`]]);
	it.clock.advance(5000);
	it.peer.accept(true);
	it.peer.send(PUBLISH("t", "one", { qos: 1, id: 7, dup: true }));
	expect([handled, it.client.state]).toEqual([["one", "one"], State.WAITING]);
});
