// What an app imports as "xs-mqtt" on Moddable. JavaScript, as mcpack knows a manifest's modules by that; not src/index
// itself, as XS resolves its "./client.js" from the module's name: beside "xs-mqtt/index" it is there, beside "xs-mqtt" not.

export * from "xs-mqtt/index";
