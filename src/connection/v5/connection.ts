// The life of a connection in MQTT 5.0: which version is tried, what CONNACK grants, sessions that expire, DISCONNECT both
// ways.

import { Connection } from "../connection.js";

export class Connection5 extends Connection {}
