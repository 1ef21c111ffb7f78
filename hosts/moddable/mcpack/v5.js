// Where package.json's exports lead mcpack: to the module that the manifest defines, with all of its preloads.

export * from "moddable:xs-mqtt/v5";
