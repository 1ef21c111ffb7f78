// The name of a reason, which tells more than its text when a test fails.

import * as reasons from "../../../src/transport/tls/reasons.js";
import type { Reason } from "../../../src/wire/reason.js";

export const called = (reason: Reason | undefined) =>
	Object.entries(reasons).find(([, each]) => each === reason)?.[0];
