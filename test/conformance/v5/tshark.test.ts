// Another program reads what a client sends in MQTT 5.0: each packet, with each property that it may have there. Real
// conversations are read so in test/brokers/v5.

import type { Answer, Authenticator } from "../../../src/authentication/authenticator.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { PUBLISH5, user } from "../../support/packets5.js";
import { connected5, Setup5 } from "../../support/setup5.js";
import { Capture } from "../../support/tshark.js";

const properties = new Properties({
	contentType: "text/plain",
	payloadFormat: 1,
	messageExpiry: 100,
	responseTopic: "answer",
	correlationData: Uint8Array.of(1, 2, 3),
	userProperties: [
		["name", "value"],
		["", ""],
	],
});

class Method implements Authenticator {
	readonly method = "method";
	begin() {
		return Uint8Array.of(1);
	}
	respond(_data: Uint8Array | undefined, answer: (answer: Answer) => void) {
		answer(Uint8Array.of(2, 3));
	}
	finish() {
		return undefined;
	}
}

const capture = new Capture();

/** Takes what the client has sent, and has it recorded with what it is sent; each of these is its own conversation. */
function recorded(setup: Setup5): Setup5 {
	const { peer } = setup;
	const connection = capture.open();
	const { take, send } = peer;
	for (const bytes of peer.writes) capture.add(connection, "client", bytes);
	let seen = peer.writes.length;
	const note = () => {
		for (; seen < peer.writes.length; seen++) capture.add(connection, "client", peer.writes[seen]);
	};
	peer.take = () => {
		const bytes = take.call(peer);
		note();
		return bytes;
	};
	peer.send = (...packets) => {
		note();
		for (const bytes of packets) capture.add(connection, "server", bytes);
		send.apply(peer, packets);
		note();
	};
	return setup;
}

test("tshark finds nothing malformed in any packet, with any property", () => {
	const all = new Setup5({
		username: "user",
		password: "password",
		aliases: 3,
		sessionExpiry: 100,
		maximumPacketSize: 1000,
		problemInformation: true,
		responseInformation: true,
		userProperties: [["name", "value"]],
		authentication: new Method(),
	});
	all.client.will = { topic: "will", payload: "gone", qos: 1, retain: true, delay: 5, properties };
	recorded(all);
	all.peer.open();
	const authentication = { authenticationMethod: "method", authenticationData: Buffer.from([9]) };
	all.send({ cmd: "auth", reasonCode: 0x18, properties: authentication });
	all.send({
		cmd: "connack",
		reasonCode: 0,
		sessionPresent: false,
		properties: {
			...authentication,
			topicAliasMaximum: 2,
			receiveMaximum: 10,
			serverKeepAlive: 20,
			assignedClientIdentifier: "c",
			responseInformation: "answers",
			serverReference: "other",
			reasonString: "welcome",
			userProperties: { a: "b" },
		},
	});
	const { client } = all;
	for (let round = 0; round < 2; round++)
		for (const qos of [0, 1, 2] as const) {
			client.publish("topic/with/alias", "x", qos, false, properties);
			client.publish("topic/with/another", "x".repeat(200), qos, true);
			client.publish("topic/without", "", qos);
		}
	client.subscribe("a/+", 1, () => {}, { noLocal: true, retainAsPublished: true, retainHandling: 2 });
	client.subscribe("a/#", 2, () => {});
	client.subscribe("$share/group/a", 2, () => {});
	client.unsubscribe("a/+");
	/** Answers all that the client sends, until it sends nothing more. */
	const answer = () => {
		for (let packets = all.sent(); packets.length > 0; packets = all.sent())
			for (const packet of packets) {
				const messageId = packet.messageId!;
				if (packet.cmd === "publish" && packet.qos > 0)
					all.acknowledge(packet.qos === 1 ? "puback" : "pubrec", messageId);
				else if (packet.cmd === "pubrel") all.acknowledge("pubcomp", messageId);
				else if (packet.cmd === "subscribe") all.send({ cmd: "suback", messageId, granted: [2] });
				else if (packet.cmd === "unsubscribe") all.send({ cmd: "unsuback", messageId, granted: [0] });
			}
	};
	answer();
	all.acknowledge("pubrec", 777);
	all.acknowledge("pubrel", 777);
	all.publish("t", "x", {}, { qos: 1, id: 1 });
	all.peer.send(PUBLISH5("t", "x", [user("a", "b"), user("c", "d")], { qos: 2, id: 2 }));
	all.acknowledge("pubrel", 2);
	client.reauthenticate();
	all.send({ cmd: "auth", reasonCode: 0, properties: authentication });
	all.clock.advance(19_000);
	all.send({ cmd: "pingresp" });
	answer();
	client.close({ withWill: true, sessionExpiry: 5 });
	expect(all.exchange()).toEqual(["disconnect 0x4"]);
	const wrong = recorded(connected5());
	wrong.peer.send(PUBLISH5("+", ""));
	wrong.peer.take();

	const { types, malformed } = capture.dissect();
	expect(malformed).toEqual([]);
	// Whole conversations: from CONNECT to AUTH, but for what a client does not send.
	for (const type of [1, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15]) expect(types).toContain(type);
});

test("and it does find what is", () => {
	const broken = new Capture();
	const connection = broken.open();
	const setup = new Setup5();
	setup.peer.open();
	const connect = setup.peer.take().slice();
	// The length of the properties goes past the end of the packet.
	connect[12] = 100;
	broken.add(connection, "client", connect);
	expect(broken.dissect().malformed.length).toBeGreaterThan(0);
});
