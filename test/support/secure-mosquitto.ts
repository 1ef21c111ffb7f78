// Mosquitto with TLS on one port and without on another, where the judge listens.

import type { Issued } from "./authority.js";
import { freePort, type Mosquitto, startMosquitto } from "./brokers.js";

export interface Secure {
	/** With TLS. */
	port: number;
	/** Its `port` is the one without TLS. */
	broker: Mosquitto;
}

/**
 * @param chain path of the certificates it shows, its own first
 * @param settings more lines of mosquitto.conf for the port with TLS
 */
export async function startSecure(
	{ file, keyFile }: Pick<Issued, "file" | "keyFile">,
	chain = file,
	settings: readonly string[] = [],
): Promise<Secure> {
	const port = await freePort();
	const broker = await startMosquitto({
		settings: [`listener ${port} 127.0.0.1`, `certfile ${chain}`, `keyfile ${keyFile}`, ...settings],
	});
	return { port, broker };
}
