// What an app imports as "xs-mqtt/tls": the option's types, and why TLS ends a connection.

export type { Certificate, TlsOptions } from "./options.js";
export * from "./reasons.js";
