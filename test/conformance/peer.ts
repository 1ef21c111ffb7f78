// What the tests of this folder share: packets as the independent judge reads and writes them.

import type { Packet } from "mqtt-packet";
import { judge, written } from "../support/judge.js";
import { concat, PUBACK } from "../support/packets.js";
import type { Setup } from "../support/setup.js";

/** What the client has sent since this was asked last, as mqtt-packet reads it. */
export const sent = (setup: Setup): Packet[] => judge(setup.peer.take());

/** The same, as kinds and identifiers: what an exchange of packets is about. */
export const exchange = (setup: Setup): string[] =>
	sent(setup).map((packet) =>
		[
			packet.cmd,
			packet.messageId,
			packet.cmd === "publish" && packet.qos > 0 ? `qos${packet.qos}` : undefined,
			packet.cmd === "publish" && packet.dup ? "dup" : undefined,
		]
			.filter((word) => word !== undefined)
			.join(" "),
	);

/** All that was ever sent on each connection. */
export const connections = (setup: Setup): Packet[][] =>
	setup.place.peers.map(({ socket }) => judge(concat(socket.writes)));

export const SUBSCRIBE = (messageId: number, filters: readonly string[], qos: 0 | 1 | 2) =>
	written({ cmd: "subscribe", messageId, subscriptions: filters.map((topic) => ({ topic, qos })) });

export const SUBACK = (messageId: number, ...granted: number[]) =>
	written({ cmd: "suback", messageId, granted });

export const UNSUBSCRIBE = (messageId: number, filters: readonly string[]) =>
	written({ cmd: "unsubscribe", messageId, unsubscriptions: [...filters] });

/** Publishes at QoS 1 and acknowledges, until the next identifier is past `last`. Returns the identifiers. */
export function publishUntil(setup: Setup, last: number): number[] {
	const ids: number[] = [];
	for (let id = 0; id !== last; ) {
		id = setup.client.publish("t", "", 1);
		ids.push(id);
		setup.peer.take();
		setup.peer.send(PUBACK(id));
	}
	return ids;
}
