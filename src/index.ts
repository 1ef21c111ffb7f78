// What an app imports as "xs-mqtt".

export { Client, type Helper, NO_ROOM, NOT_OPEN, State } from "./client.js";
export { RESOLVE_FAILED, SOCKET_FAILED } from "./network/dialer.js";
export type { InterfaceListener, Network, NetworkInterface } from "./network/network.js";
export { Sntp, type SntpOptions } from "./network/sntp.js";
export * from "./network/wifi.js";
export type { ClientOptions, Payload, Will } from "./options.js";
export * from "./reasons.js";
export type { Message } from "./session/message.js";
export type { Fill, PacketSlot } from "./session/packet-slot.js";
export type { MessageHandler, Subscription } from "./session/subscriptions.js";
export type { Statistics } from "./statistics.js";
export { Group, type GroupOptions } from "./telemetry/group.js";
export type { Field, FieldOptions, Fields } from "./telemetry/json.js";
export { Poll } from "./telemetry/poll.js";
export { HELD, INVALID, Sensor, type SensorOptions } from "./telemetry/sensor.js";
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
} from "./telemetry/source.js";
export { Status, type StatusOptions } from "./telemetry/status.js";
export type { QoS } from "./wire/protocol.js";
export * from "./wire/reason.js";
export { Topic } from "./wire/topic.js";
