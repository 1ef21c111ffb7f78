// The types of "xs-mqtt/scram" on Moddable.

export * from "../../src/authentication/index.js";
