// A Client with TLS that visits one port after the other, traces for each why the connection has ended, and "done".

/// <reference path="../generated.d.ts" />

import Resource from "Resource";
import config from "mc/config";
import Timer from "timer";
import * as plain from "xs-mqtt";
import { Client, type Reason } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import * as tls from "xs-mqtt/tls";

/** Milliseconds until an attempt, or a connection, is over. */
const PATIENCE = 2000;

const ports: string[] = config.ports.split(",");
let next = 0;

/** The name it is exported by. */
function nameOf(reason: Reason): string {
	for (const all of [tls, plain] as Record<string, unknown>[])
		for (const name in all) if (all[name] === reason) return name;
	return reason.message;
}

function visit(): void {
	if (next === ports.length) {
		trace("done\n");
		return;
	}
	const port = Number(ports[next++]);
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
		host: "localhost",
		port,
		tls: { ca: new Resource("ca.der") as unknown as ArrayBuffer },
		username: "board",
		password: config.password,
		connectTimeout: PATIENCE,
		onConnected() {
			Timer.set(() => over("connected"), PATIENCE / 4);
		},
		onDisconnected(reason) {
			over(nameOf(reason));
		},
	});
}

visit();
