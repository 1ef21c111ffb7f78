// The Network of a Moddable simulator or board: ECMA-419 sockets, timers and ticks of the SDK. What differs between
// boards and simulators is in "xs-mqtt/moddable/place".

import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Time from "time";
import Timer from "timer";
import { deviceId, dns, wifi } from "xs-mqtt/moddable/place";
import type { Network } from "../../../src/connection/network.js";

// Preloading runs this module on the build machine, where there is no network to ask: hence getters.
export const network: Network = Object.freeze({
	socket: Object.freeze({ io: TCP as never, nodelay: true }), // the SDK's spelling
	dns,
	udp: Object.freeze({ io: UDP as never }),
	timer: Timer as never,
	ticks: () => Time.ticks,
	setClock: (time: number) => Time.set((time / 1000 + 0.5) >>> 0), // whole seconds
	get interface() {
		return wifi();
	},
	get id() {
		return deviceId();
	},
});
