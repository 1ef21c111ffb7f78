// Reconnects without end to a broker that hangs up, through real sockets, with TLS or without, as fast as they go.

import * as engine from "desktop/engine";
import config from "mc/config";
import Timer from "timer";
import { network } from "../../../hosts/desktop/network.js";
import { Client, Topic } from "../../../src/index.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { Heaps } from "./heap.js";

const { port, looks, tls } = config as { port: number; looks: number[]; tls?: TlsOptions };
const heaps = new Heaps(looks.length);
const topic = new Topic("t");
let round = 0;
let looking = false;

/** Between two connections, when the old socket is off the stack. */
function look(): void {
	looking = false;
	heaps.look();
	if (round < looks[looks.length - 1]) return;
	engine.report(JSON.stringify({ heaps }));
	engine.exit(0);
}

const client = new Client({
	...network,
	protocolVersion: 4,
	// The clock runs fast, so that the delay between two connections is short.
	ticks: () => (network.ticks() * 16) | 0,
	connectTimeout: 480_000,
	replyTimeout: 160_000,
	keepAlive: 960_000,
	timer: {
		repeat(callback) {
			Timer.repeat(() => {
				if (!looking) callback();
			}, 1);
		},
		schedule() {},
		clear() {},
	},
	host: "127.0.0.1",
	port,
	tls,
	reconnectMinimum: 0,
	reconnectMaximum: 0,
	onConnected() {
		client.publish(topic, "x");
	},
	onDisconnected() {
		if (!looks.includes(++round)) return;
		looking = true;
		Timer.set(look, 50);
	},
});
