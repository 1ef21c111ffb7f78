// What befalls a board, its line and its broker, and when. Knows what can be done to a trial; must not know who is right.

import type { Side } from "./log.js";
import type { Blow, Pace } from "./proxy.js";
import type { Random } from "./random.js";
import type { Trial } from "./trial.js";

type Fault = (trial: Trial, random: Random) => Promise<void>;

/** At any byte of either side, in the midst of packets too. */
function blow(how: Blow, side?: Side): Fault {
	return (trial, random) => {
		const from = side ?? random.pick(["board", "broker"]);
		return trial.strike({ from, bytes: random.from(0, 600), how });
	};
}

function pace(next: (random: Random) => Pace): Fault {
	return async (trial, random) => {
		trial.proxy.pace = next(random);
	};
}

/** Faults that nothing may be lost over. */
export const LINE = {
	close: blow("close"),
	reset: blow("reset"),
	freeze: blow("freeze"),
	late: blow("late"),
	pause: blow("pause"),
	muteBoard: blow("mute", "board"),
	muteBroker: blow("mute", "broker"),
	orphan: blow("orphan"),
	bytewise: pace(() => ({ most: 1, wait: 0, bytes: 3000 })),
	slow: pace((random) => ({ most: random.from(1, 40), wait: 2, bytes: 2000 })),
	delay: pace((random) => ({ most: Infinity, wait: random.from(5, 40), bytes: 4000 })),
} satisfies Record<string, Fault>;

/** Cuts each connection after so many bytes of one side, then after `step` more, up to `most`. */
export async function sweep(trial: Trial, step: number, most: number): Promise<void> {
	for (const from of ["board", "broker"] as const)
		for (let bytes = 0; bytes <= most; bytes += step)
			await trial.strike({ from, bytes, how: (bytes / step) % 2 === 0 ? "close" : "reset" });
}

export const RESTART: Fault = (trial) => trial.restartBroker("SIGTERM");
/** The broker loses what it has not saved, acknowledged or not. */
export const KILL: Fault = (trial) => trial.restartBroker("SIGKILL");
/** The broker loses the board's session. */
export const FORGET: Fault = (trial) => trial.forgetSession();

export interface Due {
	/** When so many more messages have been sent. */
	after: number;
	fault: Fault;
}

/** Each of the faults, and as many more of the quick ones, in any order, in the course of so many messages. */
export function schedule(random: Random, faults: Fault[], cuts: number, messages: number): Due[] {
	const all = [...faults];
	for (let i = 0; i < cuts; i++) all.push(random.pick([LINE.close, LINE.reset]));
	const times = all.map(() => random.from(0, messages - 1)).sort((one, other) => one - other);
	return random.shuffle(all).map((fault, i) => ({ after: times[i], fault }));
}
