// What an app imports as "xs-mqtt" on Moddable: what src/index exports. JavaScript, as mcpack knows a manifest's modules by
// that; not src/index itself, as XS resolves its "./client.js" from the module's name: beside "xs-mqtt" it is not there.

export { Client, KEEP_ALL, NO_ROOM, NOT_OPEN, State } from "xs-mqtt/client";
export { RESOLVE_FAILED, SOCKET_FAILED } from "xs-mqtt/connection/dialer";
export * from "xs-mqtt/connection/reasons";
export * from "xs-mqtt/wire/reason";
export { Topic } from "xs-mqtt/wire/topic";
