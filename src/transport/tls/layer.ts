// The option `tls` as a layer over other streams. Knows how a stream with TLS is made.

import type { Layer, StreamFactory } from "../stream.js";
import type { TlsCapability } from "./capability.js";
import { isClockSet } from "./clock.js";
import type { TlsOptions } from "./options.js";
import { checkTls, settingsFor } from "./settings.js";
import { TlsStream } from "./stream.js";

/** TLS with what a host gives for it. */
export const tlsLayer =
	(capability: TlsCapability): Layer<TlsOptions> =>
	(options, below, hosts): StreamFactory => {
		const settings = checkTls(options, hosts);
		return {
			isSecure: true,
			get awaitsClock() {
				return settings.cas.length > 0 && !isClockSet();
			},
			open: (host, address, port, owner) =>
				new TlsStream(capability, settingsFor(settings, host, hosts), below, host, address, port, owner),
		};
	};
