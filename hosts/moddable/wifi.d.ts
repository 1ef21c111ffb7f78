// The types of "xs-mqtt/wifi" on Moddable.

export * from "../../src/network/wifi.js";
