// What an app imports as "xs-mqtt/wifi" on Moddable. JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/network/wifi";
