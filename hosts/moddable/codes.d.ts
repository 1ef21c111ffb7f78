// The types of "xs-mqtt/codes" on Moddable.

export * from "../../src/codes.js";
