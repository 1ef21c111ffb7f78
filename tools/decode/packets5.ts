// What MQTT 5.0 has in its packets (chapter 3): fields, properties, reason codes, and the rules that a packet breaks by
// itself. Knows no other packets around it.

import { Property } from "xs-mqtt/node";
import { readConnack, readConnect } from "./connect.js";
import { type FieldReader, isUtf8 } from "./field-reader.js";
import { type Kind, QOS, readPacketId } from "./kind.js";
import type { Facts } from "./packet.js";
import { readProperties } from "./properties.js";
import { type CodedType, readReasonCode } from "./reason-codes.js";
import { checkTopicFilter, checkTopicName } from "./topics.js";

const RESERVED_FLAGS = "MQTT-2.1.3-1";
const OPEN_ID = "MQTT-2.2.1-3";
/** Payloads that may not be text, where they are said to be. */
const TEXT = 1;

const RETAIN_HANDLING = [
	"retained messages are sent",
	"retained messages are sent if the subscription is new",
	"retained messages are not sent",
	"reserved",
];

const kind = (read: Kind["read"], flags = 0, flagsRule = RESERVED_FLAGS): Kind => ({
	read,
	flags,
	flagsRule,
});
const acknowledgement = (type: CodedType) => (reader: FieldReader, facts: Facts) => {
	readPacketId(reader, facts, `section 3.${type}.2`, "MQTT-2.2.1-5");
	readCode(reader, facts, type, `MQTT-3.${type}.2-1`, `section 3.${type}.2.2`);
};
const empty = (section: string) => (reader: FieldReader) => reader.end(section);

/** By packet type. */
export const KINDS5: readonly (Kind | undefined)[] = [
	undefined,
	kind(readConnect),
	kind(readConnack),
	kind(readPublish),
	kind(acknowledgement(4)),
	kind(acknowledgement(5)),
	kind(acknowledgement(6), 2, "MQTT-3.6.1-1"),
	kind(acknowledgement(7)),
	kind(readSubscribe, 2, "MQTT-3.8.1-1"),
	kind((reader, facts) => readCodes(reader, facts, 9, "MQTT-3.8.4-6")),
	kind(readUnsubscribe, 2, "MQTT-3.10.1-1"),
	kind((reader, facts) => readCodes(reader, facts, 11, "MQTT-3.11.3-1")),
	kind(empty("section 3.12")),
	kind(empty("section 3.13")),
	kind(
		(reader, facts) => readCode(reader, facts, 14, "MQTT-3.14.2-1", "section 3.14.2.2"),
		0,
		"MQTT-3.14.1-1",
	),
	kind(readAuth, 0, "MQTT-3.15.1-1"),
];

/** A reason code and properties: left out together where the code is 0, the properties alone where there are none. */
function readCode(reader: FieldReader, facts: Facts, type: CodedType, rule: string, section: string): void {
	facts.reasonCode = 0;
	if (reader.left === 0) return;
	facts.reasonCode = readReasonCode(reader, type, rule);
	if (reader.left === 0) return;
	facts.properties = readProperties(reader, type, section).properties;
	reader.end(section);
}

/** Wrong in any way, it is not shown: the data may be anywhere in it. */
function readAuth(reader: FieldReader, facts: Facts): void {
	const offset = reader.position;
	const before = reader.violations.length;
	try {
		readCode(reader, facts, 15, "MQTT-3.15.2-1", "section 3.15.2.2");
	} finally {
		if (reader.broken || reader.violations.length > before) {
			if (reader.left > 0) reader.rest("not decoded");
			reader.hideFrom(offset, "authentication data");
			facts.uncertain = reader.broken;
		}
	}
	if (facts.properties !== undefined && !facts.properties.has(Property.AUTHENTICATION_METHOD))
		reader.violate("section 3.15.2.2.2", "there is no Authentication Method");
}

function readPublish(reader: FieldReader, facts: Facts): void {
	const topic = reader.string("Topic Name", "MQTT-3.3.2-1");
	facts.topic = topic;
	if (facts.qos !== 0) readPacketId(reader, facts, "section 3.3.2.2", OPEN_ID);
	const { properties } = readProperties(reader, 3, "section 3.3.2.3");
	facts.properties = properties;
	const alias = properties.has(Property.TOPIC_ALIAS);
	if (topic !== "" || !alias) checkTopicName(reader, "Topic Name", topic, "MQTT-3.3.2-2");
	const { bytes, length } = reader.rest("Payload");
	reader.says(Buffer.from(bytes).toString(), `${length} bytes`);
	if (properties.get(Property.PAYLOAD_FORMAT) === TEXT && bytes.length === length && !isUtf8(bytes))
		reader.violate("section 3.3.2.3.2", "the payload is said to be UTF-8, and is not");
}

function readSubscribe(reader: FieldReader, facts: Facts): void {
	readPacketId(reader, facts, "section 3.8.2", OPEN_ID);
	facts.properties = readProperties(reader, 8, "section 3.8.2.1").properties;
	if (reader.left === 0) reader.violate("MQTT-3.8.3-2", "there is no Topic Filter");
	facts.count = 0;
	while (reader.left > 0) {
		const filter = reader.string("Topic Filter", "MQTT-3.8.3-2");
		checkTopicFilter(reader, filter);
		readSubscriptionOptions(reader, filter);
		facts.count++;
	}
}

function readSubscriptionOptions(reader: FieldReader, filter: string): void {
	const options = reader.byte("Subscription Options", "MQTT-3.8.3-2");
	reader.says(options, options.toString(2).padStart(8, "0"));
	const qos = options & 3;
	const noLocal = (options >> 2) & 1;
	const handling = (options >> 4) & 3;
	reader.part("Maximum QoS", qos, QOS[qos]);
	reader.part("No Local", noLocal);
	reader.part("Retain As Published", (options >> 3) & 1);
	reader.part("Retain Handling", handling, RETAIN_HANDLING[handling]);
	if (qos === 3) reader.violate("section 3.8.3.1", "the Maximum QoS is 3");
	if (handling === 3) reader.violate("section 3.8.3.1", "the Retain Handling is 3");
	if (options > 63) reader.violate("MQTT-3.8.3-5", "the reserved bits of the Subscription Options are not 0");
	if (noLocal === 1 && filter.startsWith("$share/"))
		reader.violate("MQTT-3.8.3-4", "No Local is 1 for a Shared Subscription");
}

function readUnsubscribe(reader: FieldReader, facts: Facts): void {
	readPacketId(reader, facts, "section 3.10.2", OPEN_ID);
	facts.properties = readProperties(reader, 10, "section 3.10.2.1").properties;
	if (reader.left === 0) reader.violate("MQTT-3.10.3-2", "there is no Topic Filter");
	facts.count = 0;
	while (reader.left > 0) {
		checkTopicFilter(reader, reader.string("Topic Filter", "MQTT-3.10.3-2"));
		facts.count++;
	}
}

/** SUBACK and UNSUBACK: a code for each filter. */
function readCodes(reader: FieldReader, facts: Facts, type: 9 | 11, countRule: string): void {
	readPacketId(reader, facts, `section 3.${type}.2`, "MQTT-2.2.1-6");
	facts.properties = readProperties(reader, type, `section 3.${type}.2.1`).properties;
	if (reader.left === 0) reader.violate(countRule, "there is no Reason Code");
	facts.count = reader.left;
	while (reader.left > 0) readReasonCode(reader, type, `MQTT-3.${type}.3-2`);
}
