// What an app imports as "xs-mqtt" on Moddable, where a module without a folder cannot import relative to itself.

export * from "xs-mqtt/index";
