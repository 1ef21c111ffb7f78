// The Network of a Moddable simulator or board: ECMA-419 sockets, the UDP resolver, timers and ticks of the SDK.
// An app imports it as "xs-mqtt/network".

import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import Net from "net";
import Time from "time";
import Timer from "timer";
import type { Network } from "../../src/network/network.js";

export const network: Network = Object.freeze({
	socket: Object.freeze({ io: TCP as never, nodelay: true }), // the SDK's spelling
	timer: Timer as never,
	ticks: () => Time.ticks,
	// Preloading runs this module on the build machine, where there is no network to ask: hence getters.
	get dns() {
		return { io: Resolver as never, servers: [Net.get("DNS") ?? "1.1.1.1"], socket: { io: UDP } };
	},
	get id() {
		return String(Net.get("MAC"));
	},
});
