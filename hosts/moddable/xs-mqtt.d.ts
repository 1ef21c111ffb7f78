// The types of "xs-mqtt" on Moddable.

export * from "../../src/index.js";
