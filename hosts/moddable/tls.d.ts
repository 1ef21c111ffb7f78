// The types of "xs-mqtt/tls" on Moddable.

export * from "../../src/transport/tls/index.js";
