// Boards in the real engine, Mosquitto, and a proxy between them that does what networks do: what is accepted arrives.
// DELIVERY_MESSAGES: how many at each QoS in place of 10,000. DELIVERY_SEED: other faults.

import { FIRST } from "../support/board.js";
import { FORGET, KILL, LINE, RESTART, schedule, sweep } from "./faults.js";
import { figures } from "./figures.js";
import { judge } from "./judge.js";
import { excerpt } from "./log.js";
import { Random } from "./random.js";
import { Trial, type TrialOptions } from "./trial.js";

const MESSAGES = Number(process.env.DELIVERY_MESSAGES ?? 10_000);
const SEED = Number(process.env.DELIVERY_SEED ?? 20_311);
/** After so many changes; what comes after the last save is lost with SIGKILL. */
const AUTOSAVE = ["autosave_on_changes true", "autosave_interval 20"];
/**
 * What a board never releases, having lost its power, stays with the broker, and counts: see FLYING in trial.ts. Less
 * than the board's option unreleased.
 */
const INFLIGHT = ["max_inflight_messages 30"];
const PATIENCE = 60_000 + 10 * MESSAGES;

/** Runs it, and judges. */
async function judged(
	options: Omit<TrialOptions, "random" | "patience">,
	run: (trial: Trial, random: Random) => Promise<void>,
): Promise<void> {
	const random = new Random(SEED);
	const trial = await Trial.begin({ ...options, random, patience: PATIENCE });
	let failure: unknown;
	try {
		await run(trial, random);
	} catch (error) {
		failure = error;
	}
	const violations = judge(trial.evidence);
	if (process.env.DELIVERY_MESSAGES !== undefined)
		process.stdout.write(`${expect.getState().currentTestName}:\n\t${figures(trial.evidence)}\n`);
	if (failure === undefined && violations.length === 0) return;
	const lines = violations.slice(0, 12).map(({ rule, at, text }) => `${at}\t${rule}: ${text}`);
	const { log } = trial.evidence;
	const around = excerpt(log, violations.find(({ at }) => at > 0)?.at ?? Infinity);
	throw new Error(
		`DELIVERY_SEED=${SEED} DELIVERY_MESSAGES=${MESSAGES}: ${violations.length} violations\n${lines.join("\n")}\n${around}`,
		{ cause: failure },
	);
}

/** What part of the messages each test has, and the client's window. */
const STACKS = [
	{
		name: "TCP",
		version: 4,
		carrier: "TCP",
		stack: "lwip",
		window: 4,
		step: 1,
		line: 0.5,
		cut: 0.1,
		session: 0.05,
		plug: 0.1,
		kill: 0.05,
	},
	{
		name: "TCP",
		version: 4,
		carrier: "TCP",
		stack: "lin",
		window: 16,
		step: 9,
		line: 0.12,
		cut: 0.02,
		session: 0.02,
		plug: 0.02,
		kill: 0.02,
	},
	{
		name: "WebSocket",
		version: 4,
		carrier: "WebSocket",
		stack: "lwip",
		window: 4,
		step: 29,
		line: 0.12,
		cut: 0.02,
		session: 0.02,
		plug: 0.02,
		kill: 0.02,
	},
	{
		name: "MQTT 5.0",
		version: 5,
		carrier: "TCP",
		stack: "lwip",
		window: 4,
		step: 7,
		line: 0.25,
		cut: 0.05,
		session: 0.03,
		plug: 0.05,
		kill: 0.03,
	},
] as const;

describe.each([1, 2] as const)("at QoS %d", (qos) => {
	describe.each(STACKS)("$name, sockets of $stack", ({ version, carrier, stack, window, step, ...share }) => {
		const client = { version, carrier, stack, qos, window };
		const count = (share: number) => Math.max(100, Math.round(MESSAGES * share));

		test(
			"through any fault of the line and restarts of the broker",
			() =>
				judged(client, async (trial, random) => {
					const all = count(share.line);
					const few = Math.round(all / 10);
					// So many reconnects that what happens once has happened.
					await trial.run(few, schedule(random, [], 12, few));
					await trial.rest();
					const early = await trial.heap();
					const faults = [...Object.values(LINE), RESTART, RESTART];
					await trial.run(all - few, schedule(random, faults, all / 200, all - few));
					await trial.rest();
					expect(await trial.heap()).toEqual(early);
				}),
			FIRST + PATIENCE,
		);

		test(
			"cut at one byte after the other",
			() =>
				judged(client, async (trial) => {
					await trial.run(count(share.cut));
					await sweep(trial, step, 250);
					await trial.rest();
				}),
			FIRST + PATIENCE,
		);

		test(
			"though the broker loses the session",
			() =>
				judged(client, async (trial, random) => {
					const all = count(share.session);
					await trial.run(all, schedule(random, [FORGET, FORGET, FORGET, FORGET], 8, all));
					await trial.rest();
				}),
			FIRST + PATIENCE,
		);

		test(
			"though the plug is pulled: what was in RAM is gone, and nothing else",
			() =>
				judged({ ...client, window: 4, settings: INFLIGHT }, async (trial, random) => {
					const all = count(share.plug);
					for (let life = 0; life < 4; life++) {
						await trial.run(all / 2, schedule(random, [], 3, all / 20));
						await trial.unplug(random.from(0, all / 5));
						for (let i = 0; i < 5; i++) trial.send();
						await trial.power();
					}
					await trial.run(all / 2, schedule(random, [], 3, all / 20));
					await trial.rest();
				}),
			FIRST + PATIENCE,
		);

		test(
			"though the broker is killed: it loses what it has acknowledged, and we lose nothing",
			() =>
				judged({ ...client, window: 4, settings: [...INFLIGHT, ...AUTOSAVE] }, async (trial, random) => {
					const all = count(share.kill);
					// It has to know the clients at least.
					await trial.run(10);
					await trial.rest();
					await trial.restartBroker("SIGTERM");
					await trial.run(all, schedule(random, [KILL, KILL, KILL], 6, all));
					await trial.rest();
				}),
			FIRST + PATIENCE,
		);
	});
});
