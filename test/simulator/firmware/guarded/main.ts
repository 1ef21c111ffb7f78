// A Client with TLS, WebSocket or both that visits one broker after the other and publishes a message. Traces for each how it went: "delivered",
// "connected" where nothing was acknowledged, or why the connection has ended; and "done".

/// <reference path="../generated.d.ts" />

import Resource from "Resource";
import { visits } from "guarded/visits";
import config from "mc/config";
import Timer from "timer";
import * as plain from "xs-mqtt";
import { Client, type Reason } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import * as tls from "xs-mqtt/tls";

const enum Time {
	/** Milliseconds until an attempt is over. */
	ATTEMPT = 3000,
	/** Until a connection is, on which nothing is acknowledged. */
	CONNECTION = 500,
}

/** The name it is exported by. */
function nameOf(reason: Reason): string {
	for (const all of [tls, plain] as Record<string, unknown>[])
		for (const name in all) if (all[name] === reason) return name;
	return reason.message;
}

const ca = new Resource("ca.der") as unknown as ArrayBuffer;
let next = 0;

function visit(): void {
	if (next === visits.length) {
		trace("done\n");
		return;
	}
	const { port, tls, webSocket, payload = 5 } = visits[next++];
	let isOver = false;
	const over = (how: string) => {
		if (isOver) return;
		isOver = true;
		trace(`visit ${port} ${how}\n`);
		Timer.set(() => {
			client.close();
			visit();
		});
	};
	const client = new Client({
		...network,
		protocolVersion: 4,
		host: "localhost",
		port,
		tls: tls && { ca: tls.pin === undefined ? ca : undefined, ...tls },
		webSocket,
		clientId: `visit-${next}`,
		username: "board",
		password: config.password,
		connectTimeout: Time.ATTEMPT,
		storeSize: 8192,
		onConnected() {
			client.publish(`visit/${port}`, new Uint8Array(payload), 1);
			Timer.set(() => over("connected"), Time.CONNECTION);
		},
		onDelivered: () => over("delivered"),
		onDisconnected: (reason) => over(nameOf(reason)),
	});
}

visit();
