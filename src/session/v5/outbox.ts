// What MQTT 5.0 adds to outgoing messages: their properties, when they expire, refusals, and the broker's bound for how
// many are in flight.

import { Outbox } from "../outbox.js";

export class Outbox5 extends Outbox {}
