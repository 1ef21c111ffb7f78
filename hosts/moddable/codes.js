// What an app imports as "xs-mqtt/codes" on Moddable. JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/codes/index";
