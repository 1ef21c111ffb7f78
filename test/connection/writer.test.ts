// What can never be sent is refused at the call, and the error says what to change.

import type { Fill } from "../../src/session/outbox.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBLISH } from "../support/packets.js";
import { connected } from "../support/setup.js";

const topic = new Topic("t");
const none: Fill = () => 0;
const writes = (length: number) => ({ write: (_bytes: Uint8Array, at: number) => at + length });

test.each([
	[0, 64 - 8 - 3],
	[1, 64 - 8 - 3 - 2],
] as const)(
	"at QoS %d a payload that the store never holds is told with its length, and with the longest",
	(qos, most) => {
		for (const packetSize of [64, 200]) {
			const { client, peer } = connected({ storeSize: 64, packetSize });
			const long = most + 1;
			const wanted = `a payload of ${long} bytes does not fit: the store has room for ${most} `;
			expect(() => client.publish("t", new Uint8Array(long), qos)).toThrow(wanted);
			expect(() => client.publish("t", "x".repeat(long), qos)).toThrow(wanted);
			if (packetSize === 200)
				expect(() => client.publishWith(topic, qos, false, writes(long))).toThrow(wanted);
			peer.expect();
			expect(client.publish("t", "x".repeat(most), qos)).toBe(qos);
			peer.expect(PUBLISH("t", "x".repeat(most), { qos, id: 1 }));
		}
	},
);

test("a topic that leaves no room in packetSize says so", () => {
	const { client } = connected({ packetSize: 64 });
	const long = new Topic("t".repeat(64));
	const wanted = "packetSize is 64; raise packetSize";
	expect(() => client.publishWith(long, 0, false, writes(0))).toThrow(wanted);
	expect(() => client.publishFrom(long, 9, none)).toThrow(wanted);
});

test("publishFrom throws too when what stands before the payload never fits the store", () => {
	const { client } = connected({ storeSize: 64 });
	expect(() => client.publishFrom("t".repeat(60), 9, none)).toThrow("raise storeSize");
});

test("a message fits the room set aside for its owner, however little is left for others", () => {
	const { client, peer } = connected({ storeSize: 128 });
	const owner = client.owner(80);
	const payload = new Uint8Array(79);
	const whole = (id: number) => PUBLISH("t", payload, { qos: 1, id });
	const write = {
		write(bytes: Uint8Array, at: number) {
			bytes.set(payload, at);
			return at + payload.length;
		},
	};
	expect(client.publishWith(topic, 1, false, write, owner)).toBe(1);
	peer.expect(whole(1));
	peer.send(PUBACK(1));
	expect(client.publishWith(topic, 1, false, write, owner)).toBe(2);
	peer.expect(whole(2));
	expect(() => client.publish("t", payload, 1)).toThrow("raise storeSize");
});
