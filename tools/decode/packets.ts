// All packets (chapters 2 and 3 of MQTT 3.1.1 and of 5.0): from bytes to fields, and the rules that a packet breaks by
// itself. What 5.0 has in them is in packets5. Knows no other packets around it.

import { readConnack, readConnect } from "./connect.js";
import { EndOfPacket, FieldReader } from "./field-reader.js";
import { type Kind, QOS, readPacketId } from "./kind.js";
import {
	type Facts,
	PACKET_TYPES,
	type Packet,
	type Sender,
	typeName,
	type Version,
	versionName,
} from "./packet.js";
import { KINDS5 } from "./packets5.js";
import { checkTopicFilter, checkTopicName } from "./topics.js";

const RESERVED_FLAGS = "MQTT-2.2.2-1";

const kind = (read: Kind["read"], flags = 0, flagsRule = RESERVED_FLAGS): Kind => ({
	read,
	flags,
	flagsRule,
});
const acknowledgement = (section: string, rule: string) => (reader: FieldReader, facts: Facts) => {
	readPacketId(reader, facts, section, rule);
	reader.end(section);
};
const empty = (section: string) => (reader: FieldReader) => reader.end(section);

const KINDS: readonly (Kind | undefined)[] = [
	undefined,
	kind(readConnect),
	kind(readConnack),
	kind(readPublish),
	kind(acknowledgement("section 3.4", "MQTT-2.3.1-6")),
	kind(acknowledgement("section 3.5", "MQTT-2.3.1-6")),
	kind(acknowledgement("section 3.6", "MQTT-2.3.1-6"), 2, "MQTT-3.6.1-1"),
	kind(acknowledgement("section 3.7", "MQTT-2.3.1-6")),
	kind(readSubscribe, 2, "MQTT-3.8.1-1"),
	kind(readSuback),
	kind(readUnsubscribe, 2, "MQTT-3.10.1-1"),
	kind(acknowledgement("section 3.11", "MQTT-2.3.1-7")),
	kind(empty("section 3.12")),
	kind(empty("section 3.13")),
	kind(empty("section 3.14"), 0, "MQTT-3.14.1-1"),
	undefined,
];

const CONNECT = 1;
const PUBLISH = 3;
/** Remaining lengths that are fixed, by packet type. */
export const LENGTHS: Readonly<Record<number, number>> = {
	2: 2,
	4: 2,
	5: 2,
	6: 2,
	7: 2,
	11: 2,
	12: 0,
	13: 0,
	14: 0,
};
const LENGTHS5: Readonly<Record<number, number>> = { 12: 0, 13: 0 };
/** Bytes beyond its fixed length by which a packet may be wrong and still be one. */
const TOLERATED = 4;

const kindOf = (type: number, version: Version) => (version === 5 ? KINDS5 : KINDS)[type];
const lengthOf = (type: number, version: Version) => (version === 5 ? LENGTHS5 : LENGTHS)[type];

export interface Framed {
	/** The packet, or its beginning. */
	bytes: Uint8Array;
	/** Bytes of the fixed header. */
	header: number;
	/** Bytes of the packet. */
	length: number;
	/** Bytes that never came. */
	missing: number;
	at: number;
	sender: Sender | undefined;
}

/** `version`: of the connection. CONNECT says it itself. */
export function decodePacket(framed: Framed, version: Version): Packet {
	const { bytes, header, length, missing, at, sender } = framed;
	const reader = new FieldReader(bytes, length, version);
	const type = bytes[0] >> 4;
	const flags = bytes[0] & 15;
	const facts: Facts = {};
	try {
		reader.byte("MQTT Control Packet type", "section 2.2");
		reader.says(type, typeName(type, version));
		if (type === PUBLISH) readPublishFlags(reader, facts, flags);
		else reader.part("Flags", flags, fourBits(flags));
		reader.field("Remaining Length", header - 1, "section 2.2.3");
		reader.says(length - header);
		readBody(reader, facts, type, flags, length - header);
	} catch (error) {
		if (!(error instanceof EndOfPacket)) throw error;
		// What is left was cut, is missing, or is too short for its field.
		if (reader.left > 0) {
			const { length } = reader.rest("not decoded");
			reader.says(undefined, `${length} bytes`);
		}
	}
	if (header > 2 && bytes[header - 1] === 0 && reader.version === 5)
		reader.violate("MQTT-1.5.5-1", `the Remaining Length has more bytes than ${length - header} needs`);
	if (reader.moreFields > 0)
		reader.fields.push({ offset: length, length: 0, name: "…", note: `${reader.moreFields} more fields` });
	facts.alien = whyAlien(reader, type, length - header, flags, missing > 0);
	return {
		type: typeName(type, reader.version),
		version: reader.version,
		guessed: false,
		sender,
		at,
		length,
		missing,
		fields: reader.fields,
		violations: reader.violations,
		moreViolations: reader.moreViolations,
		facts,
	};
}

/** A packet that has one fault breaks a rule; one that has two is none. */
function whyAlien(
	{ misfit, version }: FieldReader,
	type: number,
	remaining: number,
	flags: number,
	isCut: boolean,
): string | undefined {
	const name = PACKET_TYPES[type];
	const none = `this is no ${versionName(version)}:`;
	if (kindOf(type, version) === undefined) return `${none} there is no such packet type`;
	if (isTooLong(type, version, remaining))
		return `${none} a ${name} has a Remaining Length of ${lengthOf(type, version)}, not ${remaining}`;
	const faults: string[] = [];
	if (flagsAreWrong(type, version, flags)) faults.push("wrong flags");
	if (misfit) faults.push("fields that do not fit");
	if (isCut) faults.push("too few bytes");
	return faults.length < 2 ? undefined : `${none} for a ${name} it has ${faults.join(" and ")}`;
}

function isTooLong(type: number, version: Version, remaining: number): boolean {
	return remaining > lengthOf(type, version) + TOLERATED;
}

function flagsAreWrong(type: number, version: Version, flags: number): boolean {
	if (type !== PUBLISH) return flags !== kindOf(type, version)?.flags;
	return (flags & 6) === 6 || (flags & 14) === 8;
}

function readBody(reader: FieldReader, facts: Facts, type: number, flags: number, remaining: number): void {
	const { version } = reader;
	const found = kindOf(type, version);
	const headerOnly = isTooLong(type, version, remaining);
	if (found === undefined) reader.violate("section 2.2.1", `packet type ${type} is reserved`);
	else if (type !== PUBLISH && type !== CONNECT && !headerOnly) checkFlags(reader, found, type, flags);
	if (found !== undefined && !headerOnly) found.read(reader, facts, flags);
	else if (reader.left > 0) {
		const { length } = reader.rest("not decoded");
		reader.says(undefined, `${length} bytes`);
	}
	// Only now is the version of a CONNECT known.
	if (type === CONNECT) checkFlags(reader, kindOf(type, reader.version)!, type, flags);
}

function checkFlags(
	reader: FieldReader,
	{ flags: right, flagsRule }: Kind,
	type: number,
	flags: number,
): void {
	if (flags !== right)
		reader.violate(
			flagsRule,
			`the flags of ${typeName(type, reader.version)} are ${fourBits(flags)}, not ${fourBits(right)}`,
		);
}

function readPublishFlags(reader: FieldReader, facts: Facts, flags: number): void {
	const dup = flags >> 3;
	const qos = (flags >> 1) & 3;
	facts.dup = dup === 1;
	facts.qos = qos;
	facts.retain = (flags & 1) === 1;
	reader.part("DUP flag", dup);
	reader.part("QoS level", qos, QOS[qos]);
	reader.part("RETAIN", flags & 1);
	if (qos === 3) reader.violate("MQTT-3.3.1-4", "the QoS level is 3");
	if (qos === 0 && dup === 1) reader.violate("MQTT-3.3.1-2", "the DUP flag is 1 at QoS 0");
}

function readPublish(reader: FieldReader, facts: Facts): void {
	const topic = reader.string("Topic Name", "MQTT-3.3.2-1");
	facts.topic = topic;
	checkTopicName(reader, "Topic Name", topic, "MQTT-3.3.2-2");
	if (facts.qos !== 0) readPacketId(reader, facts, "section 3.3.2.2", "MQTT-2.3.1-1");
	const { bytes, length } = reader.rest("Payload");
	reader.says(Buffer.from(bytes).toString(), `${length} bytes`);
}

function readSubscribe(reader: FieldReader, facts: Facts): void {
	readPacketId(reader, facts, "section 3.8.2", "MQTT-2.3.1-1");
	if (reader.left === 0) reader.violate("MQTT-3.8.3-3", "there is no Topic Filter");
	facts.count = 0;
	while (reader.left > 0) {
		checkTopicFilter(reader, reader.string("Topic Filter", "MQTT-3.8.3-3"));
		const qos = reader.byte("Requested QoS", "MQTT-3.8.3-3");
		reader.says(qos, qos > 2 ? "reserved" : QOS[qos]);
		// The specification spells the number this way.
		if (qos > 2)
			reader.violate("MQTT-3-8.3-4", `the Requested QoS byte is 0x${qos.toString(16)}, not 0, 1 or 2`);
		facts.count++;
	}
}

function readSuback(reader: FieldReader, facts: Facts): void {
	readPacketId(reader, facts, "section 3.9.2", "MQTT-2.3.1-7");
	if (reader.left === 0) reader.violate("MQTT-3.8.4-5", "there is no return code");
	facts.count = reader.left;
	while (reader.left > 0) {
		const code = reader.byte("Return Code", "MQTT-3.8.4-5");
		reader.says(code, code < 3 ? `Success - Maximum QoS ${code}` : code === 0x80 ? "Failure" : "reserved");
		if (code > 2 && code !== 0x80) {
			reader.misfit = true;
			reader.violate("MQTT-3.9.3-2", `the return code 0x${code.toString(16)} is reserved`);
		}
	}
}

function readUnsubscribe(reader: FieldReader, facts: Facts): void {
	readPacketId(reader, facts, "section 3.10.2", "MQTT-2.3.1-1");
	if (reader.left === 0) reader.violate("MQTT-3.10.3-2", "there is no Topic Filter");
	while (reader.left > 0) checkTopicFilter(reader, reader.string("Topic Filter", "MQTT-3.10.3-2"));
}

function fourBits(flags: number): string {
	return flags.toString(2).padStart(4, "0");
}
