// What TLS needs of this place, and the layer made of it. Device code.

import { digest, ecdsa, rsa } from "desktop/crypt";
import { version } from "desktop/tls";
import Timer from "timer";
import type { Layer } from "../../src/transport/stream.js";
import type { TlsCapability } from "../../src/transport/tls/capability.js";
import { tlsLayer } from "../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../src/transport/tls/options.js";
import { TlsSession } from "./session.js";

export const capability: TlsCapability = {
	session: TlsSession,
	digest,
	rsa: (modulus, exponent, signature) => new Uint8Array(rsa(modulus, exponent, signature)),
	ecdsa,
	timer: Timer,
};

const refuse: Layer<TlsOptions> = () => {
	throw new Error(
		"the desktop host was built without TLS: OpenSSL 3 was not found on this computer. Install it, on Debian and Ubuntu " +
			"with sudo apt-get install libssl-dev, and start again",
	);
};

/** TLS, or what says why there is none. */
export const tls: Layer<TlsOptions> = version === undefined ? refuse : tlsLayer(capability);
