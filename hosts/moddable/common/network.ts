// The Network of a Moddable simulator or board: ECMA-419 sockets, timers and ticks of the SDK. What differs between
// boards and simulators is in "xs-mqtt/moddable/place".

import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Time from "time";
import Timer from "timer";
import { deviceId, dns, wifi } from "xs-mqtt/moddable/place";
import { tls } from "xs-mqtt/moddable/tls";
import { webSocket } from "xs-mqtt/moddable/websocket";
import type { Network } from "../../../src/connection/network.js";

// Preloading runs this module on the build machine, where there is no network to ask: hence getters.
export const network: Network = Object.freeze({
	socket: Object.freeze({ io: TCP as never, nodelay: true }), // the SDK's spelling
	dns,
	udp: Object.freeze({ io: UDP as never }),
	timer: Timer as never,
	ticks: () => Time.ticks,
	streams: Object.freeze({ tls, webSocket }),
	setClock: (time: number) => Time.set(Math.round(time / 1000)), // whole seconds
	get interface() {
		return wifi();
	},
	get id() {
		return deviceId();
	},
});
