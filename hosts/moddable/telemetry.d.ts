// The types of "xs-mqtt/telemetry" on Moddable.

export * from "../../src/telemetry/index.js";
