// What an app imports as "xs-mqtt". What it may do without has entries of its own: "xs-mqtt/telemetry", "xs-mqtt/wifi",
// "xs-mqtt/sntp".

export { Client, type Listener, NO_ROOM, NOT_OPEN, type PayloadWriter, State } from "./client.js";
export { RESOLVE_FAILED, SOCKET_FAILED } from "./connection/dialer.js";
export type { InterfaceListener, Network, NetworkInterface } from "./network/network.js";
export type { ClientOptions, Payload, Will } from "./options.js";
export * from "./reasons.js";
export type { Message } from "./session/message.js";
export type { Fill } from "./session/outbox.js";
export type { MessageHandler, Subscription } from "./session/subscriptions.js";
export type { Statistics } from "./statistics.js";
export type { QoS } from "./wire/protocol.js";
export * from "./wire/reason.js";
export { Topic } from "./wire/topic.js";
