// What an app imports as "xs-mqtt".

export { Client, type Helper, NO_ROOM, NOT_OPEN, State, type Will } from "./client.js";
export { RESOLVE_FAILED, SOCKET_FAILED } from "./network/dialer.js";
export type { InterfaceListener, Network, NetworkInterface } from "./network/network.js";
export { Sntp, type SntpOptions } from "./network/sntp.js";
export * from "./network/wifi.js";
export type { ClientOptions, Payload } from "./options.js";
export * from "./reasons.js";
export type { Message } from "./session/message.js";
export type { Fill, PacketSlot } from "./session/packet-slot.js";
export type { MessageHandler, Subscription } from "./session/subscriptions.js";
export type { Statistics } from "./statistics.js";
export { HELD, INVALID, Sensor, type SensorOptions } from "./telemetry/sensor.js";
export { Status, type StatusOptions } from "./telemetry/status.js";
export type { QoS } from "./wire/protocol.js";
export * from "./wire/reason.js";
export { Topic } from "./wire/topic.js";
