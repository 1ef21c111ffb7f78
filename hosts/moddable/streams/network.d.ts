// The types of "xs-mqtt/network", where it can have more than TCP.

export * from "../network.js";
