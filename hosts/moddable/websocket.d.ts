// The types of "xs-mqtt/websocket" on Moddable.

export * from "../../src/transport/websocket/index.js";
