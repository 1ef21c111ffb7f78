// The types of "xs-mqtt/request" on Moddable.

export * from "../../src/request/index.js";
