// Whatever packet a connection breaks after, once and twice: when the next one has settled, the retained message says
// "online", for the will may have said "offline" meanwhile.

import { Status, type StatusOptions } from "../../src/telemetry/status.js";
import { type Habits, RetainingBroker } from "../support/retaining-broker.js";
import { Setup } from "../support/setup.js";

const QOS = [0, 1, 2] as const;
const HABITS: Habits[] = [];
for (const publishes of ["at PUBLISH", "at PUBREL"] as const)
	for (const keepsSession of [true, false]) HABITS.push({ publishes, keepsSession });
const KINDS: [string, Partial<StatusOptions>][] = [
	["a text", {}],
	["a text, at an interval", { interval: 250 }],
	["details", { online: "up", details: { heap: () => 7 } }],
];

const CASES = QOS.flatMap((qos) =>
	HABITS.flatMap((habits) =>
		KINDS.flatMap(([kind, options]) =>
			[false, true].map((pipelining) => ({ qos, habits, kind, options, pipelining })),
		),
	),
);

function place(qos: 0 | 1 | 2, habits: Habits, options: Partial<StatusOptions>, pipelining: boolean) {
	const setup = new Setup({ keepAlive: 0, pipelining });
	new Status(setup.client, { topic: "st", qos, ...options });
	return { setup, broker: new RetainingBroker(setup, habits) };
}

test.each(CASES)(
	"QoS $qos, $kind, published $habits.publishes, session kept: $habits.keepsSession, pipelining: $pipelining",
	({ qos, habits, options, pipelining }) => {
		const online = options.details === undefined ? "online" : '{"state":"up","heap":7}';
		const whole = place(qos, habits, options, pipelining).broker.serve();
		expect(whole).toBe(2 + [1, 2, 4][qos]);
		for (let first = 0; first <= whole; first++)
			for (let second = 0; second <= 2 * whole; second++) {
				const { setup, broker } = place(qos, habits, options, pipelining);
				broker.serve(first);
				setup.redial();
				// The line may break when all has passed, and a little later.
				const passed = broker.serve(second);
				if (passed < second) {
					setup.clock.advance(1000);
					broker.serveOn();
					broker.cut();
				}
				setup.redial();
				const before = broker.published.length;
				broker.serve();
				setup.clock.advance(1000);
				broker.serveOn();
				const after = broker.published.slice(before);
				expect({ first, second, retained: broker.retained.get("st") }).toEqual({
					first,
					second,
					retained: online,
				});
				// Nobody is told again and again: what is sent again, and what is new.
				if (options.interval === undefined) expect(after.length).toBeLessThanOrEqual(2);
				setup.client.close();
				broker.serveOn();
				expect(broker.orderly).toBe(true);
				expect(broker.retained.get("st")).toMatch(/offline/);
			}
	},
);
