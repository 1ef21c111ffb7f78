// In the place of ../../scram/crypto.ts, where manifest_scram.json is not included.

import type { CryptoCapability } from "../../../../src/authentication/capability.js";

export const crypto: CryptoCapability | undefined = undefined;
