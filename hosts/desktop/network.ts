// What Client needs of its place, on the desktop host: hand it over by spread, `new Client({ ...network, host })`.
// Device code. Knows the modules of the host, which have the names they have on boards.

import TCP from "embedded:io/socket/tcp";
import Resolver from "embedded:network/dns/resolver/udp";
import { id } from "desktop/machine";
import Time from "time";
import Timer from "timer";
import { crypto } from "./crypto.js";
import { tls } from "./tls.js";
import { webSocket } from "./websocket.js";

export const network = {
	socket: { io: TCP },
	dns: { io: Resolver },
	timer: Timer,
	ticks: () => Time.ticks,
	random: Math.random,
	streams: { tls, webSocket },
	crypto,
	setClock: (time: number) => Time.set(time / 1000),
	id,
};
