// What an app imports as "xs-mqtt". What it may do without has entries of its own: "xs-mqtt/telemetry", "xs-mqtt/wifi",
// "xs-mqtt/sntp".

export { Client, type Helper, NO_ROOM, NOT_OPEN, State } from "./client.js";
export { RESOLVE_FAILED, SOCKET_FAILED } from "./network/dialer.js";
export type { InterfaceListener, Network, NetworkInterface } from "./network/network.js";
export type { ClientOptions, Payload, Will } from "./options.js";
export * from "./reasons.js";
export type { Message } from "./session/message.js";
export type { Fill, PacketSlot } from "./session/packet-slot.js";
export type { MessageHandler, Subscription } from "./session/subscriptions.js";
export type { Statistics } from "./statistics.js";
export type { QoS } from "./wire/protocol.js";
export * from "./wire/reason.js";
export { Topic } from "./wire/topic.js";
