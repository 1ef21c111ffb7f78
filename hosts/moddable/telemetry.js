// What an app imports as "xs-mqtt/telemetry" on Moddable. JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/telemetry/index";
