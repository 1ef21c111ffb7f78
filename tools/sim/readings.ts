// Which of the messages received are the board's own readings: MQTT does not tell who publishes, but the board tells what
// it measures. Knows the sensor node's readings; no broker.

/** Digits after the point, by the reading's name, as the sensor node publishes them. */
const DECIMALS = new Map([
	["load", 2],
	["memory", 0],
	["temperature", 1],
]);

/** Of each name, measured and not received: a board that is cut off gives up most of them for newer ones. */
const WAITING = 1000;

export class Readings {
	/** As payloads, oldest first. */
	readonly #waiting = new Map<string, string[]>();

	/** The board has measured this: a message may follow. */
	measured(name: string, value: number): void {
		const decimals = DECIMALS.get(name);
		if (decimals === undefined) return;
		const waiting = this.#waiting.get(name) ?? [];
		this.#waiting.set(name, waiting);
		waiting.push(value.toFixed(decimals).replace(/^-(?=[0.]+$)/, ""));
		if (waiting.length > WAITING) waiting.shift();
	}

	/** Whether it is one that was measured, and was not received before. Older ones do not come any more. */
	received(name: string, payload: string): boolean {
		const waiting = this.#waiting.get(name);
		const index = waiting?.indexOf(payload) ?? -1;
		if (index < 0) return false;
		waiting!.splice(0, index + 1);
		return true;
	}
}
