// An example as firmware of the desktop host, preloaded as on a board. Needs build/, which "npm test" makes first.

import { resolve } from "node:path";
import { sdk } from "../../hosts/desktop/sdk.js";
import { type Device, type Run, start } from "../support/board.js";

/**
 * Runs examples/`name` on a board as small as an ESP8266, or another one, against the broker at a port of this computer.
 */
export function startExample<T>(
	name: string,
	config: Record<string, unknown>,
	board: Pick<Run, "board" | "clock"> = { board: "esp8266" },
): Promise<Device<T>> {
	return start<T>({
		firmware: `examples/${name}/main`,
		...board,
		config: { host: "127.0.0.1", ...config },
		modules: {
			...sdk.modules,
			[`${name}/device`]: resolve(`build/examples/${name}/desktop/device.js`),
		},
		preload: [...sdk.preload, "xs-mqtt/request"],
	});
}
