// A Client that connects when it is told to, publishes and receives, and says when it has done what: figures.ts reads the
// instruments in between, for which it waits `reading` milliseconds. What its heap has beside: three numbers, a timer, and the certificate, which is in flash.

/// <reference path="../generated.d.ts" />

import Resource from "Resource";
import config from "mc/config";
import Timer from "timer";
import { Client, Topic } from "xs-mqtt";
import { network } from "xs-mqtt/network";

const enum Time {
	/** Milliseconds between two messages. */
	MESSAGE = 10,
}

const MESSAGES = 100;

let told: { onInterfaceUp(): void } | undefined;
let received = 0;
const topic = new Topic("home/kitchen/temperature/value");
const payload = new Uint8Array(20);

const say = (what: string, then: () => void) => {
	trace(`at ${what}\n`);
	Timer.set(() => {
		trace("away\n");
		then();
	}, Number(config.reading));
};

const publish = (then: () => void) => {
	let count = 0;
	const timer = Timer.repeat(() => {
		client.publish(topic, payload);
		if (++count < MESSAGES) return;
		Timer.clear(timer);
		Timer.set(then, 200);
	}, Time.MESSAGE);
};

const client = new Client({
	...network,
	interface: {
		up: false,
		attach: (listener) => {
			told = listener;
		},
		detach: () => {},
	},
	protocolVersion: 4,
	host: "localhost",
	port: Number(config.port),
	tls: config.tls === "yes" ? { ca: new Resource("ca.der") as unknown as ArrayBuffer } : undefined,
	clean: true, // what an earlier run has subscribed is not this one's
	reconnectMaximum: 0,
	onConnected: () =>
		say("connected", () =>
			publish(() =>
				say("published", () => {
					client.subscribe("home/#", 0, () => {
						received++;
					});
					Timer.set(
						() =>
							say("subscribed", () =>
								publish(() =>
									say(`received ${received}`, () => {
										trace("done\n");
									}),
								),
							),
						500,
					);
				}),
			),
		),
	onDisconnected: (reason) => trace(`disconnected ${reason}\n`),
});

say("begun", () => told!.onInterfaceUp());
