// The types of "xs-mqtt/sntp" on Moddable.

export * from "../../src/network/sntp.js";
