// A client of MQTT 5.0 with a scripted broker, and what it has published, read by the tools' decoder.

import type { ClientOptions } from "../../src/connection/options.js";
import type { Packet } from "../../tools/decode/packet.js";
import { CONNACK5 } from "../support/packets5.js";
import { Setup } from "../support/setup.js";
import type { Peer } from "../support/socket.js";
import { decodedAs, values } from "../tools/decode/decoded.js";

/** Not yet accepted. */
export const dialling = (options: Partial<ClientOptions> = {}) => {
	const setup = new Setup({ protocolVersion: 5, topicAliases: 0, ...options });
	setup.peer.open();
	setup.peer.take();
	return setup;
};

/** Accepted by the broker, with these properties of CONNACK. */
export const accept = (peer: Peer, properties: readonly (readonly number[] | Uint8Array)[] = []) =>
	peer.send(CONNACK5(false, 0, properties));

export const connected5 = (options: Partial<ClientOptions> = {}) => {
	const setup = dialling(options);
	accept(setup.peer);
	setup.news();
	return setup;
};

export interface Published {
	topic: string;
	payload: string;
	qos: number;
	id: number;
	responseTopic: string | undefined;
	correlation: Uint8Array | undefined;
	expiry: number | undefined;
}

const bytesOf = ({ fields }: Packet, name: string) => fields.find((field) => field.name === name)?.bytes;

/** What was sent since the last time; without other packets than PUBLISH. */
export function published(peer: Peer): Published[] {
	return sent(peer)
		.filter(({ type }) => type === "PUBLISH")
		.map((packet) => ({
			topic: String(values(packet, "Topic Name")[0]),
			payload: String(values(packet, "Payload")[0]),
			qos: packet.facts.qos!,
			id: packet.facts.packetId ?? 0,
			responseTopic: values(packet, "Response Topic")[0] as string | undefined,
			correlation: bytesOf(packet, "Correlation Data")?.slice(3),
			expiry: values(packet, "Message Expiry Interval")[0] as number | undefined,
		}));
}

/** All packets that were sent since the last time; each keeps the rules. */
export function sent(peer: Peer): Packet[] {
	const packets = decodedAs(5, peer.take());
	expect(packets.flatMap(({ violations }) => violations)).toEqual([]);
	return packets;
}
