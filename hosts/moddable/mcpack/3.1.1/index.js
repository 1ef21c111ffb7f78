// Where package.json's exports lead mcpack: to the module that the manifest defines, with all of its preloads. A package
// of its own, as mcpack includes a package's manifest whole, and only if something of it is imported.

export * from "moddable:xs-mqtt";
