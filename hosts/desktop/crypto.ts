// Digests for SCRAM, of OpenSSL. Device code.

import { random } from "desktop/bytes";
import { digest, Hmac } from "desktop/crypt";
import type { CryptoCapability } from "../../src/authentication/capability.js";

export const crypto: CryptoCapability = { random, digest, hmac: Hmac };
