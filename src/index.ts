// What an app imports as "xs-mqtt". What it may do without has entries of its own: "xs-mqtt/telemetry", "xs-mqtt/wifi",
// "xs-mqtt/sntp".

export { Client, KEEP_ALL, type Listener, NO_ROOM, NOT_OPEN, type PayloadWriter, State } from "./client.js";
export { RESOLVE_FAILED, SOCKET_FAILED } from "./connection/dialer.js";
export type {
	Datagrams,
	InterfaceListener,
	Network,
	NetworkInterface,
	Resolver,
	ResolverCapability,
	TimerCapability,
	UdpCapability,
} from "./connection/network.js";
export type { ClientOptions } from "./connection/options.js";
export * from "./connection/reasons.js";
export type { Statistics } from "./connection/statistics.js";
export type { Limits } from "./connection/v5/limits.js";
export type { Ending } from "./connection/v5/options.js";
export type { Message } from "./session/message.js";
export type { Fill } from "./session/outbox.js";
export type { Payload, Will } from "./session/payload.js";
export type { MessageHandler, Subscription, SubscriptionOptions } from "./session/subscriptions.js";
export type { Layer, Stream, StreamFactory, StreamOwner } from "./transport/stream.js";
export type { Socket, SocketCapability, SocketOptions } from "./transport/tcp.js";
export type { QoS } from "./wire/protocol.js";
export * from "./wire/reason.js";
export { Topic } from "./wire/topic.js";
export type { ReceivedProperties } from "./wire/v5/received.js";
