// What an app imports as "xs-mqtt/v5": what only MQTT 5.0 has. Apart from "xs-mqtt", so that an app for 3.1.1 pays nothing.

export type { Options5 } from "./connection/v5/options.js";
