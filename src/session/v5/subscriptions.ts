// What MQTT 5.0 adds to subscriptions: their options, identifiers, and shared ones.

import { Subscriptions } from "../subscriptions.js";

export class Subscriptions5 extends Subscriptions {}
