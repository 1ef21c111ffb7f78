// The independent judge: the npm package mqtt-packet reads what we wrote, and writes what we read.

import mqtt, { type Packet } from "mqtt-packet";

/** All packets of a stream as mqtt-packet reads them; throws what it finds wrong. */
export function judge(stream: Uint8Array, protocolVersion: 4 | 5 = 4): Packet[] {
	const packets: Packet[] = [];
	const parser = mqtt.parser({ protocolVersion });
	let wrong: Error | undefined;
	parser.on("packet", (packet) => packets.push(packet));
	parser.on("error", (error) => {
		wrong = error;
	});
	const left = parser.parse(Buffer.from(stream));
	if (wrong !== undefined) throw wrong;
	if (left > 0) throw new Error(`${left} bytes of a packet that is not whole`);
	return packets;
}

export function written(packet: Packet, protocolVersion: 4 | 5 = 4): Uint8Array {
	return new Uint8Array(mqtt.generate(packet, { protocolVersion }));
}
