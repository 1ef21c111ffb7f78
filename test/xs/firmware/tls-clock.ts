// A board that does not know the date, and an app that gets to know it.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client } from "../../../src/index.js";

const { port, ca, now } = config as { port: number; ca: string; now: number };
const tell = (event: string, more: object = {}) => engine.report(JSON.stringify({ event, ...more }));

let set = false;
new Client({
	...network,
	protocolVersion: 4,
	host: "localhost",
	port,
	tls: { ca },
	connectTimeout: 1000,
	reconnectMinimum: 50,
	reconnectMaximum: 200,
	onConnected: () => tell("connected"),
	onDisconnected(reason) {
		tell("disconnected", { reason: reason.message });
		if (set) return;
		set = true;
		network.setClock(now);
		tell("set");
	},
});
