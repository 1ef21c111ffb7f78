// The option `tls` as a layer over other streams. Knows how a stream with TLS is made.

import type { Layer, StreamFactory } from "../stream.js";
import type { TlsCapability } from "./capability.js";
import { isClockSet } from "./clock.js";
import type { TlsOptions } from "./options.js";
import { checkTls } from "./settings.js";
import { TlsStream } from "./stream.js";

/** TLS with what a host gives for it. */
export const tlsLayer =
	(capability: TlsCapability): Layer<TlsOptions> =>
	(options, below, hosts): StreamFactory => {
		const settings = checkTls(options, hosts);
		// A host that the options do not name comes from a redirect: it is that name that the certificate has to be for.
		const settingsFor = (host: string) =>
			settings.serverName === undefined || hosts.indexOf(host) >= 0
				? settings
				: { ...settings, serverName: undefined };
		return {
			isSecure: true,
			get awaitsClock() {
				return settings.cas.length > 0 && !isClockSet();
			},
			open: (host, address, port, owner) =>
				new TlsStream(capability, settingsFor(host), below, host, address, port, owner),
		};
	};
