// What an app imports as "xs-mqtt/telemetry".

export { Group, type GroupOptions } from "./group.js";
export type { Field, FieldOptions, Fields } from "./json.js";
export { Poll } from "./poll.js";
export { HELD, INVALID, Sensor, type SensorOptions } from "./sensor.js";
export {
	Counter,
	Latest,
	Maximum,
	Mean,
	Minimum,
	type Quantity,
	type Source,
	type SourceLike,
	Sum,
} from "./source.js";
export { Status, type StatusOptions } from "./status.js";
