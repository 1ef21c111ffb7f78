// A switch: whoever sends 1 or 0 to <name>/set switches an output, and <name>/state tells how it stands, also to those
// who come later. Knows "xs-mqtt" and the modules of its manifest; what differs from place to place is in the module
// "switch/device".

import config from "mc/config";
import { freeMemory, onQuit, quit, resetReason, signalStrength, write } from "switch/device";
import { Client } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Sensor, Status } from "xs-mqtt/telemetry";

const VERSION = "1.0.0";

const name = String(config.name);
const client = new Client({
	...network,
	host: String(config.host),
	port: Number(config.port), // on mcconfig's command line it is a string
	clientId: `${name}-${network.id}`,
	onConnected() {
		trace("connected\n");
		turn(on); // the broker may have forgotten
	},
	onDisconnected(reason) {
		trace(`disconnected: ${reason.message}\n`);
		if (quitting) quit();
	},
});

new Status(client, {
	topic: `${name}/status`,
	interval: 60_000,
	details: { version: VERSION, reset: resetReason, signal: signalStrength, heap: freeMemory },
});

// Whatever happens on the way, the last state is the one that arrives.
const state = new Sensor(client, { topic: `${name}/state`, qos: 1, retain: true });
let on = false;
let quitting = false;

function turn(to: boolean): void {
	on = to;
	write(on);
	state.update(on ? 1 : 0);
}

client.subscribe(`${name}/set`, 1, ({ bytes, total }) => {
	const digit = bytes[0] - 0x30;
	if (total === 1 && (digit === 0 || digit === 1)) turn(digit === 1);
	else trace("refused: send 1 or 0\n");
});

onQuit(() => {
	quitting = true;
	client.close();
});
