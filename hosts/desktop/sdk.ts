// xs-mqtt as firmware finds it on a board: its modules by the names that apps import, and frozen in front of the app.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILES: Readonly<Record<string, string>> = {
	"xs-mqtt": "src/index.js",
	"xs-mqtt/3.1.1": "src/index-3.1.1.js",
	"xs-mqtt/v5": "src/v5.js",
	"xs-mqtt/codes": "src/codes.js",
	"xs-mqtt/network": "hosts/desktop/network.js",
	"xs-mqtt/telemetry": "src/telemetry/index.js",
	"xs-mqtt/request": "src/request/index.js",
	"xs-mqtt/scram": "src/authentication/index.js",
	"xs-mqtt/sntp": "src/network/sntp.js",
	"xs-mqtt/tls": "src/transport/tls/index.js",
	"xs-mqtt/websocket": "src/transport/websocket/index.js",
	"xs-mqtt/wifi": "src/network/wifi.js",
};

/** Compiled files stand beside this one; in a checkout, in its folder build/. */
function built(path: string): string {
	const files = ["../../", "../../build/"].map((place) =>
		fileURLToPath(new URL(place + path, import.meta.url)),
	);
	return files.find((file) => existsSync(file)) ?? files[0];
}

/**
 * Options that a Board takes: `new Board({ ...sdk, firmware })`. An app's imports of xs-mqtt are found, and what most apps
 * use is preloaded, as the manifests do it, so that it takes no heap. An import of what is not preloaded is loaded into the
 * heap: add its name to `preload`.
 */
export const sdk = {
	modules: Object.fromEntries(Object.entries(FILES).map(([specifier, path]) => [specifier, built(path)])),
	preload: ["xs-mqtt", "xs-mqtt/network", "xs-mqtt/telemetry"],
};
