// Every call is legal in every callback that MQTT 5.0 has more occasions for, and a callback that throws leaves the client
// consistent.

import { State } from "../../../src/client.js";
import { MatchingBroker } from "../../support/matching-broker.js";
import { PUBREL } from "../../support/packets.js";
import { ACKNOWLEDGEMENT5, data, number, PUBLISH5, two, UNSUBACK5 } from "../../support/packets5.js";
import { connected5, type Setup5 } from "../../support/setup5.js";

const ignore = () => {};
type Occasion =
	| "SUBACK"
	| "refused here"
	| "UNSUBACK"
	| "PUBACK 0x10"
	| "PUBACK 0x87"
	| "PUBREC 0x97"
	| "PUBCOMP 0x92"
	| "handler by identifiers"
	| "handler under an alias"
	| "part of a message"
	| "topic too long under an alias"
	| "message of a former subscription";

/** What comes in one go, so that the rest of it is there while the callback runs. */
const occasions: Record<Occasion, (setup: Setup5, broker: MatchingBroker) => Uint8Array[]> = {
	SUBACK: ({ client, peer }) => {
		client.subscribe(["s", "t"], 1, ignore);
		const sent = peer.take();
		return [new Uint8Array([0x90, 5, sent[2], sent[3], 0, 1, 0x87])];
	},
	"refused here": ({ client }) => {
		client.subscribe("$share/n/a", 0, ignore);
		return [];
	},
	UNSUBACK: ({ client, peer }) => {
		client.unsubscribe(["x", "y"]);
		const sent = peer.take();
		return [UNSUBACK5((sent[2] << 8) | sent[3], [0x11, 0x87])];
	},
	"PUBACK 0x10": ({ client }) => {
		const [one, two] = [client.publish("t", "1", 1), client.publish("t", "2", 1)];
		return [ACKNOWLEDGEMENT5(4, one, 0x10), ACKNOWLEDGEMENT5(4, two, 0x10)];
	},
	"PUBACK 0x87": ({ client }) => {
		const [one, two] = [client.publish("t", "1", 1), client.publish("t", "2", 1)];
		const why = data(0x1f, "no");
		return [ACKNOWLEDGEMENT5(4, one, 0x87, [why]), ACKNOWLEDGEMENT5(4, two, 0x87)];
	},
	"PUBREC 0x97": ({ client }) => {
		const [one, two] = [client.publish("t", "1", 2), client.publish("t", "2", 2)];
		return [ACKNOWLEDGEMENT5(5, one, 0x97), ACKNOWLEDGEMENT5(5, two, 0x97)];
	},
	"PUBCOMP 0x92": ({ client }) => {
		const one = client.publish("t", "1", 2);
		return [ACKNOWLEDGEMENT5(5, one), ACKNOWLEDGEMENT5(7, one, 0x92), PUBREL(99)];
	},
	"handler by identifiers": (_setup, broker) => [
		...broker.packets("a/b", "1", "one for all", 1),
		...broker.packets("a/b", "2", "one for all", 1),
	],
	"handler under an alias": () => [
		PUBLISH5("a/x", "1", [two(0x23, 1)]),
		PUBLISH5("", "2", [two(0x23, 1)], { qos: 1, id: 8 }),
		PUBLISH5("", "3", [two(0x23, 1)], { qos: 2, id: 9 }),
		PUBREL(9),
	],
	"part of a message": (_setup, broker) => [...broker.packets("a/b", "x".repeat(20), "one for all", 2)],
	"topic too long under an alias": () => [
		PUBLISH5("longer/than/16/bytes", "1", [two(0x23, 1)]),
		PUBLISH5("", "2", [two(0x23, 1)], { qos: 1, id: 8 }),
	],
	"message of a former subscription": () => [
		PUBLISH5("former", "1", [number(0x0b, 77)]),
		PUBLISH5("former", "2", [number(0x0b, 77), number(0x0b, 78)]),
	],
};

const actions: Record<string, (setup: Setup5) => void> = {
	nothing: ignore,
	close: ({ client }) => client.close(),
	publish: ({ client }) => {
		for (const qos of [0, 1, 2] as const) client.publish("inner", "x", qos);
	},
	subscribe: ({ client }) => {
		client.subscribe(["new/+", "#"], 1, ignore);
		client.subscribe("a/b", 0, ignore);
	},
	"subscribe to what the broker has not": ({ client }) => {
		client.subscribe("$share/m/b", 0, ignore);
	},
	unsubscribe: ({ client }) => {
		client.unsubscribe(["a/+", "a/b", "s"]);
	},
	"pause and resume": ({ client }) => {
		client.pause();
		client.resume();
	},
	"break the connection": ({ peer }) => peer.fail(),
	"read properties": ({ client }) => {
		const { received } = client;
		for (received?.rewind(); received?.next(); ) received.name.concat(received.value);
	},
	throw: () => {
		throw new Error("mine");
	},
};

/** Answers of a broker that works, until nothing is open. */
function settle(setup: Setup5, broker: MatchingBroker): void {
	for (let i = 0; i < 200; i++) {
		setup.clock.advance(250);
		if (setup.client.state === State.CLOSED) return;
		if (setup.client.state < State.CONNECTED) {
			broker.drop();
			if (setup.peer.socket.closed) setup.redial();
			setup.accept(true);
		}
		const answers = setup
			.sent()
			.map((packet): Uint8Array | undefined => {
				const { messageId: id = 0 } = packet;
				if (packet.cmd === "publish" && packet.qos === 1) return ACKNOWLEDGEMENT5(4, id);
				if (packet.cmd === "publish" && packet.qos === 2) return ACKNOWLEDGEMENT5(5, id);
				if (packet.cmd === "pubrel") return ACKNOWLEDGEMENT5(7, id);
				if (packet.cmd === "pubrec") return PUBREL(id);
				broker.hear(packet);
				return undefined;
			})
			.filter((it) => it !== undefined);
		if (answers.length > 0) setup.peer.send(...answers);
		while (broker.answer());
	}
}

const names = Object.keys(occasions) as Occasion[];

describe.each(names)("%s", (occasion) => {
	test.each(Object.keys(actions))("%s in the callback", (name) => {
		let done = 0;
		let armed = false;
		const act = () => {
			if (!armed || done++ > 0) return;
			actions[name](setup);
		};
		const setup: Setup5 = connected5(
			{
				topicSize: 16,
				receiveSize: 8,
				aliases: 2,
				problemInformation: true,
				reconnectMinimum: 0,
				onMessage: act,
				onSubscribed: act,
				onUnsubscribed: act,
				onDelivered: act,
				onDropped: act,
			},
			{ sharedSubscriptionAvailable: false },
		);
		const broker = new MatchingBroker(setup);
		setup.client.subscribe(["a/+", "a/b"], 1, act);
		broker.settle();
		const guarded = (run: () => void) => {
			try {
				run();
			} catch (error) {
				expect(name).toBe("throw");
				expect((error as Error).message).toBe("mine");
			}
		};
		armed = true;
		guarded(() => {
			const packets = occasions[occasion](setup, broker);
			if (packets.length > 0) setup.peer.send(...packets);
		});
		guarded(() => setup.clock.advance(250));
		expect(done).toBeGreaterThan(0);
		settle(setup, broker);
		expect(setup.client.held).toBe(0);
		if (name === "close") {
			expect(setup.client.state).toBe(State.CLOSED);
			return;
		}
		// The client works as ever.
		expect(setup.client.state).toBe(State.CONNECTED);
		expect(setup.client.statistics.disconnects).toBe(name === "break the connection" ? 1 : 0);
		const heard: string[] = [];
		setup.client.subscribe("last/+", 1, (message) => {
			heard.push(message.text());
		});
		broker.settle();
		broker.publish("last/x", "ok", "one for all", 1);
		expect(heard).toEqual(["ok"]);
	});
});

test("reason string and user properties of a refusal are there in onDropped, and of a delivery in onDelivered", () => {
	const told: unknown[] = [];
	const read = () => {
		const received = setup.client.received!;
		received.rewind();
		told.push(received.text(0x1f), received.next() ? `${received.name}=${received.value}` : undefined);
	};
	const setup: Setup5 = connected5({ problemInformation: true, onDropped: read, onDelivered: read });
	for (let i = 0; i < 3; i++) setup.client.publish("t", "x", 1);
	setup.send(
		{
			cmd: "puback",
			messageId: 1,
			reasonCode: 0x87,
			properties: { reasonString: "not there", userProperties: { a: "b" } },
		},
		{ cmd: "puback", messageId: 2, reasonCode: 0x10, properties: { reasonString: "nobody" } },
		{ cmd: "puback", messageId: 3, reasonCode: 0 },
	);
	expect(told).toEqual(["not there", "a=b", "nobody", undefined, undefined, undefined]);
});
