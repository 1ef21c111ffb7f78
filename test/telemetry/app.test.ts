// The app of README.md: a thermometer, a water meter and a battery in one message a minute, through an hour offline.

import type { IPublishPacket } from "mqtt-packet";
import { Counter, Group, Mean, Poll, Status } from "../../src/telemetry/index.js";
import { judge } from "../support/judge.js";
import { PUBACK } from "../support/packets.js";
import { Setup } from "../support/setup.js";

/** What was published, as JSON, acknowledged. */
function take(setup: Setup, topic: string): unknown[] {
	const found: unknown[] = [];
	for (;;) {
		const packets = judge(setup.peer.take());
		if (packets.length === 0) return found;
		for (const packet of packets) {
			if (packet.cmd !== "publish") continue;
			const { topic: name, payload, messageId } = packet as IPublishPacket;
			if (name === topic) found.push(JSON.parse(payload.toString()));
			setup.peer.send(PUBACK(messageId!));
		}
	}
}

test("means, counts and the newest value go out each minute, and none of them is lost offline", () => {
	const setup = new Setup({ keepAlive: 0, reconnectMaximum: 1000 });
	const { client, clock } = setup;
	const start = clock.ticks();
	let celsius = 20;
	new Status(client, { topic: "garden/status", details: { version: "1.0.0" } });
	const temperature = new Mean();
	const water = new Counter(1 / 450);
	const group = new Group(client, {
		topic: "garden/weather",
		interval: 60_000,
		qos: 1,
		time: () => clock.ticks() - start,
		quality: true,
		keep: 60,
		fields: {
			temperature: { source: temperature, decimals: 1, unit: "°C" },
			water: { source: water, decimals: 2, unit: "L" },
			battery: { source: () => 3.913, decimals: 2, unit: "V" },
		},
	});
	new Poll(client, 1000, () => temperature.add((celsius += 0.01)));
	setup.peer.accept();
	expect(take(setup, "garden/status")).toEqual([{ state: "online", version: "1.0.0" }]);

	for (let i = 0; i < 1000; i++) water.add();
	clock.advance(60_000);
	expect(take(setup, "garden/weather")).toEqual([
		// The group's turn comes before that of the poll, which was made later: 59 seconds.
		{ time: 60_000, temperature: 20.3, water: 2.22, battery: 3.91, quality: "good" },
	]);

	setup.peer.fail();
	setup.place.noSockets = true;
	for (let i = 0; i < 50; i++) {
		water.add(45);
		clock.advance(60_000);
	}
	setup.place.noSockets = false;
	const peers = setup.place.peers.length;
	while (setup.place.peers.length === peers) clock.advance(250);
	setup.peer.accept(true);
	const later: unknown[] = [];
	for (let i = 0; i < 8; i++) {
		later.push(...take(setup, "garden/weather"));
		clock.advance(250);
	}
	const minutes = Array.from({ length: 50 }, (_, i) => i + 2);
	expect(later).toEqual(
		minutes.map((minute) => ({
			time: minute * 60_000,
			temperature: Number((20 + 0.01 * (minute * 60 - 30.5)).toFixed(1)),
			water: Number(((1000 + 45 * (minute - 1)) / 450).toFixed(2)),
			battery: 3.91,
			quality: "good",
		})),
	);
	expect(group.dropped).toBe(0);
});
