// Checks of arguments: what is wrong is told with its value and the rule.

import type { QoS } from "./protocol.js";
import { show } from "./quote.js";

/** A literal in a hot path is a copy of it at each evaluation, in a preloaded module. */
const QOS = "qos";

/** A whole number within bounds, or RangeError with the value and the rule. Without a fallback it has to be given. */
export const checkWhole = (
	name: string,
	value: number | undefined,
	fallback: number | undefined,
	least: number,
	most: number,
): number => {
	if (value === undefined && fallback !== undefined) return fallback;
	if (value === undefined || !Number.isInteger(value) || value < least || value > most)
		throw new RangeError(`${name} is ${show(value)}: it must be a whole number from ${least} to ${most}`);
	return value;
};

/** True or false, or TypeError with the type and the rule: "false" would be true. */
export const checkBoolean = (name: string, value: boolean | undefined, fallback = false): boolean => {
	if (value === undefined) return fallback;
	if (value !== true && value !== false)
		throw new TypeError(`${name} is ${value}, of type ${typeof value}: it must be true or false`);
	return value;
};

/** Throws TypeError when there is something that is no function. */
export const checkFunction = (name: string, value: unknown): void => {
	if (value !== undefined && typeof value !== "function")
		throw new TypeError(`${name} is ${value}, of type ${typeof value}: it must be a function`);
};

/** Throws RangeError when `qos` is not 0, 1 or 2. */
export const checkQos = (qos: QoS, name = QOS): void => {
	if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError(`${name} is ${qos}: it must be 0, 1 or 2`);
};
