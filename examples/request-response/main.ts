// A lamp that is asked to switch, and answers how it stands; and that asks another one, or itself, in turn. Requests and
// answers are what MQTT 5.0 has for it: a response topic, and correlation data. Knows "xs-mqtt" and the modules of its
// manifest; what differs from place to place is in the module "request-response/device".

import config from "mc/config";
import { onQuit, quit, showAnswer, write } from "request-response/device";
import { Client, type Message } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Requester, Responder } from "xs-mqtt/request";

const name = String(config.name);
/** Whose lamp is asked. */
const other = String(config.other ?? config.name);

const client = new Client({
	...network,
	host: String(config.host),
	port: Number(config.port), // on mcconfig's command line it is a string
	clientId: `${name}-${network.id}`,
	// MQTT 3.1.1 has nothing of this: a broker that speaks no other is told as the refusal that it is.
	protocolVersion: 5,
	onConnected() {
		trace("connected\n");
	},
	onDisconnected(reason) {
		trace(`disconnected: ${reason.message}\n`);
		if (quitting) quit();
	},
});

const ON = Uint8Array.of(0x31);
const OFF = Uint8Array.of(0x30);
const WRONG = Uint8Array.of(0x3f);

/** Others may ask for answers below "answers/" only: nobody makes this device publish anywhere else. */
const responder = new Responder(client, {
	topicFilter: `${name}/switch`,
	prefix: "answers/",
	handle(message, request) {
		responder.reply(request, obey(message));
	},
});

/** Returns the answer. */
function obey({ bytes, total }: Message): Uint8Array {
	const digit = bytes[0] - 0x30;
	if (total !== 1 || (digit !== 0 && digit !== 1)) return WRONG;
	write(digit === 1);
	return digit === 1 ? ON : OFF;
}

const requester = new Requester(client, {
	topic: `${other}/switch`,
	responseTopic: `answers/${name}-${network.id}`,
	timeout: 2_000,
	onAnswer(_request, { bytes }) {
		showAnswer(bytes[0] - 0x30, client.ticks() - asked);
	},
	onFailed(_request, reason) {
		trace(`${reason.message}\n`);
	},
});

let on = false;
let asked = 0;
let quitting = false;

/** No literal, no closure in here: it makes no garbage. */
function ask(): void {
	on = !on;
	asked = client.ticks();
	requester.send(on ? ON : OFF);
}

const timer = network.timer.repeat(ask, Number(config.interval));

onQuit(() => {
	quitting = true;
	network.timer.clear(timer as never);
	client.close();
});
