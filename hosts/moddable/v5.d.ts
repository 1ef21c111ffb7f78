// The types of "xs-mqtt/v5" on Moddable.

export * from "../../src/v5.js";
