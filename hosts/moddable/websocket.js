// What an app imports as "xs-mqtt/websocket" on Moddable. JavaScript, as mcpack knows a manifest's modules by that.

export * from "xs-mqtt/transport/websocket/reasons";
