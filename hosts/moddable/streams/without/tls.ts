// In the place of ../../tls/tls.ts, where manifest_tls.json is not included.

import type { Layer } from "../../../../src/transport/stream.js";
import type { TlsOptions } from "../../../../src/transport/tls/options.js";

export const tls: Layer<TlsOptions> | undefined = undefined;
