// What an app imports as "xs-mqtt/tls" on Moddable. JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/transport/tls/reasons";
