// What an app imports as "xs-mqtt/websocket": the option's type, and why WebSocket ends a connection.

export type { WebSocketOptions } from "./options.js";
export * from "./reasons.js";
