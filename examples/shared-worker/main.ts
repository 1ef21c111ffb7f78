// One of several workers that share the jobs of "jobs/#": the broker gives each job to one of them. A job is acknowledged
// when it is done; what a worker has not done when its power goes comes again. Knows "xs-mqtt" and the modules of its
// manifest; what differs from place to place is in the module "shared-worker/device".

import config from "mc/config";
import { onQuit, quit, showJob } from "shared-worker/device";
import { Client, type Message } from "xs-mqtt";
import { network } from "xs-mqtt/network";

const name = String(config.name);

const client = new Client({
	...network,
	host: String(config.host),
	port: Number(config.port), // on mcconfig's command line it is a string
	clientId: `${name}-${network.id}`,
	// MQTT 3.1.1 has no shared subscriptions.
	protocolVersion: 5,
	// The broker keeps for an hour what this worker has begun.
	sessionExpiry: 3600,
	// The Receive Maximum: one job at a time, the next one only when this one is acknowledged. The others get the rest.
	unreleased: 1,
	onConnected() {
		trace("connected\n");
	},
	onSubscribed({ topicFilter, code }) {
		if (code >= 0x80) trace(`${topicFilter} is refused with code ${code}\n`);
	},
	onDisconnected(reason) {
		trace(`disconnected: ${reason.message}\n`);
		if (quitting) quit();
	},
});

let quitting = false;

/** How many primes there are up to `limit`: it takes a while. */
function primes(limit: number): number {
	let count = 0;
	for (let number = 2; number <= limit; number++) {
		let factor = 2;
		while (factor * factor <= number && number % factor !== 0) factor++;
		if (factor * factor > number) count++;
	}
	return count;
}

/** The payload as a whole number of at most six digits, NaN when it is anything else. */
function wholeNumber({ bytes, length, total }: Message): number {
	if (length === 0 || length > 6 || length !== total) return Number.NaN;
	let value = 0;
	for (let i = 0; i < length; i++) {
		const digit = bytes[i] - 0x30;
		if (digit < 0 || digit > 9) return Number.NaN;
		value = value * 10 + digit;
	}
	return value;
}

client.subscribe(`$share/${config.group}/jobs/#`, 1, (message) => {
	if (message.offset > 0) return; // the rest of one that is too long, and was refused
	const limit = wholeNumber(message);
	if (Number.isNaN(limit)) {
		trace("refused: send a whole number of at most six digits\n");
		return;
	}
	const count = primes(limit);
	showJob(limit, count);
	// Accepted before the job is acknowledged: the result is not lost, though it may come twice.
	client.publish(`results/${message.topic.slice("jobs/".length)}`, `${count} by ${name}`, 1);
});

onQuit(() => {
	quitting = true;
	client.close();
});
