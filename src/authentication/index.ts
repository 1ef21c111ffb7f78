// What an app imports as "xs-mqtt/scram".

export type { CryptoCapability, HashName, Hmac } from "./capability.js";
export * from "./reasons.js";
export { Scram, type ScramOptions } from "./scram.js";
