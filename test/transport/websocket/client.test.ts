// The Client's suites once more, over WebSocket: none of it may show.

import { carryOver } from "../../support/place.js";
import { webSocketCarrier } from "../../support/websocket-peer.js";

carryOver(webSocketCarrier);

const suites = [
	"close",
	"connect",
	"exactly-once",
	"hardening",
	"hostile",
	"keepalive",
	"listeners",
	"newest",
	"offline",
	"overwriting",
	"pipelining",
	"publish",
	"receive",
	"reconnect",
	"reentrancy",
	"refused-writes",
	"repeat",
	"routing",
	"slow-line",
	"stream",
	"subscribe",
];
for (const suite of suites) await import(`../../client/${suite}.test.js`);
