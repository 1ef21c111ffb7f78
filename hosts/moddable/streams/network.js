// What an app imports as "xs-mqtt/network" on Moddable, where it can have more than TCP: in the place of ../network.js.
// JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/moddable/streams";
