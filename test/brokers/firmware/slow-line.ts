// An app on a board behind a slow line: publishes one long message, checks one that comes, reports what the client tells.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client, type Fill } from "../../../src/index.js";

export interface SlowLineConfig {
	port: number;
	/** Also where it publishes; it listens below, on "/down". */
	clientId: string;
	/** Bytes of its message. */
	total: number;
}

export type Report =
	| { event: "connected" | "subscribed" }
	| { event: "disconnected"; reason: string }
	| { event: "delivered"; id: number }
	/** `wrong` bytes are not what they should be. */
	| { event: "message"; total: number; wrong: number };

const { port, clientId, total } = config as unknown as SlowLineConfig;

function report(report: Report): void {
	engine.report(JSON.stringify(report));
}

const fill: Fill = (offset, view) => {
	const count = Math.min(view.length, total - offset);
	for (let i = 0; i < count; i++) view[i] = (offset + i) * 7;
	return count;
};

let published = false;
let wrong = 0;

const client = new Client({
	...network,
	protocolVersion: 4,
	host: "127.0.0.1",
	port,
	clientId,
	onConnected: () => report({ event: "connected" }),
	onDisconnected: ({ message }) => report({ event: "disconnected", reason: message }),
	onSubscribed() {
		report({ event: "subscribed" });
		if (!published) client.publishFrom(clientId, total, fill, 1);
		published = true;
	},
	onDelivered: (id) => report({ event: "delivered", id }),
});
client.subscribe(`${clientId}/down`, 1, ({ bytes, offset, length, total }) => {
	for (let i = 0; i < length; i++) if (bytes[i] !== (((offset + i) * 7) & 255)) wrong++;
	if (offset + length === total) report({ event: "message", total, wrong });
});
