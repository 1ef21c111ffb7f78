// What an app gets where there may be no TLS: a Client, or an error.

import { digest } from "desktop/crypt";
import * as engine from "desktop/engine";
import { network } from "../../../hosts/desktop/network.js";
import { Client } from "../../../src/index.js";

const outcome = (call: () => string): string => {
	try {
		return call();
	} catch (error) {
		return (error as Error).message;
	}
};
const make = (options: object) =>
	outcome(
		() =>
			`a ${new Client({ ...network, host: "127.0.0.1", protocolVersion: 4, ...options }).constructor.name}`,
	);

engine.report(
	JSON.stringify({
		plain: make({}),
		webSocket: make({ webSocket: {} }),
		tls: make({ tls: { pin: "00".repeat(32) } }),
		digest: outcome(() => `${digest("SHA256", new Uint8Array(1)).byteLength} bytes`),
	}),
);
engine.exit(0);
