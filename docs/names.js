// What typedoc cannot know: modules are called as apps import them, pages as their first heading.

import { Converter, ReflectionKind } from "typedoc";

const ENTRIES = {
	src: "xs-mqtt",
	"src/telemetry": "xs-mqtt/telemetry",
	"src/v5": "xs-mqtt/v5",
	"src/codes": "xs-mqtt/codes",
	"src/request": "xs-mqtt/request",
	"src/authentication": "xs-mqtt/scram",
	"src/network/wifi": "xs-mqtt/wifi",
	"src/network/sntp": "xs-mqtt/sntp",
	"src/transport/tls": "xs-mqtt/tls",
	"src/transport/websocket": "xs-mqtt/websocket",
	"hosts/desktop": "xs-mqtt/desktop",
};

export function load(app) {
	app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
		for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
			const name = ENTRIES[module.name];
			if (name === undefined) throw new Error(`docs/names.js has no name for the module ${module.name}`);
			module.name = name;
		}
		// The site's own title stands above it.
		const [first] = project.readme ?? [];
		if (first !== undefined) first.text = first.text.replace(/^# .*\n/, "");
		for (const page of project.documents ?? []) {
			const text = page.content.map(({ text }) => text).join("");
			page.name = /^# (.*)$/m.exec(text)?.[1] ?? page.name;
		}
	});
}
