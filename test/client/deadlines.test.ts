// Whatever a listener has asked for, it is woken in time: at random, while all else goes on, and the clock wraps.

import { Poll } from "../../src/telemetry/poll.js";
import { Random } from "../delivery/random.js";
import { CONNACK, hex, PINGRESP, PUBACK, PUBLISH } from "../support/packets.js";
import { Setup } from "../support/setup.js";

const DELAYS = [Number.POSITIVE_INFINITY, 1, 2.5, 125, 250, 1000, 1250, 5000, 52_500, 53_750, 2 ** 31];
/** Milliseconds between two looks at the clock; all intervals are multiples. */
const STEP = 125;

function run(seed: number): void {
	const random = new Random(seed);
	const pick = <T>(list: readonly T[]): T => random.pick(list);
	const start = pick([100_000, 2 ** 31 - 30_000, 2 ** 32 - 30_000]);
	const interval = pick([125, 1000, 1250, 8000]);
	const setup = new Setup(
		{
			keepAlive: pick([0, 1000, 8000, 60_000]),
			replyTimeout: pick([1000, 8000, 10_000]),
			onConnected: () => hurry(),
			onMessage: () => hurry(),
			onDelivered: () => hurry(),
		},
		{ room: pick([20, 60, 1536]) },
		start,
	);
	const { client, clock } = setup;
	const now = () => (clock.ticks() - (start | 0)) >>> 0;
	const after = (delay: number) => now() + Math.max(1, Math.ceil(delay));
	/** When the listener is to be woken at the latest, as it has said, and as was asked for it. */
	let said = Number.POSITIVE_INFINITY;
	let asked = Number.POSITIVE_INFINITY;
	let polls = 0;
	function hurry(): void {
		const delay = pick(DELAYS);
		asked = Math.min(asked, after(delay));
		client.wakeWithin(delay);
	}
	client.attach({
		onDeadline() {
			const delay = pick(DELAYS);
			said = after(delay);
			asked = Number.POSITIVE_INFINITY;
			return delay;
		},
	});
	new Poll(client, interval, () => polls++);
	for (let i = 0; i < 400; i++) {
		const { peer } = setup;
		if (client.state === 2) peer.open();
		if (client.state === 3) peer.send(CONNACK());
		const live = client.state >= 4;
		switch (random.from(0, 7)) {
			case 0:
				client.publish("t", "x");
				break;
			case 1:
				client.publish("t", "y", 1);
				break;
			case 2:
				if (live) peer.send(PUBLISH("in", "1"));
				break;
			case 3:
				hurry();
				break;
			case 4:
				if (live && random.from(0, 7) === 0) peer.fail();
				break;
			default: {
				if (!live) break;
				const sent = hex(peer.take());
				for (const [, id] of sent.matchAll(/320500\w{4}(\w{4})79/g))
					peer.send(PUBACK(Number.parseInt(id, 16)));
				if (sent.endsWith("c000")) peer.send(PINGRESP);
			}
		}
		for (let left = pick([1, 2, 8, 10, 24]); left > 0; left--) {
			clock.advance(STEP);
			const due = Math.floor(now() / interval);
			if (now() > said || now() > asked || polls !== due)
				throw new Error(
					`seed ${seed}, ${now()}: due at ${said}, ${asked}; ${polls} of ${due} calls of the Poll`,
				);
		}
	}
	expect(client.statistics.connects).toBeGreaterThan(0);
}

test("no deadline is lost", () => {
	for (let seed = 1; seed <= 60; seed++) run(seed);
});
