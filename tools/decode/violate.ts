// Adds to a packet a rule that it breaks beside others. Knows packets only.

import type { Packet } from "./packet.js";

export function violate(packet: Packet, rule: string, what: string): void {
	packet.violations.push({ rule, what });
}
