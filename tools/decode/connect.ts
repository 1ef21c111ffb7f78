// CONNECT and CONNACK (sections 3.1 and 3.2), field by field. Knows how to read fields; no other packet.
// A password is never among what is shown, nor what may be one because the packet is malformed.

import { EndOfPacket, type FieldReader } from "./field-reader.js";
import type { Facts } from "./packet.js";
import { checkTopicName } from "./topics.js";

const VARIABLE_HEADER = "section 3.1.2";

const RETURN_CODES = [
	"Connection Accepted",
	"Connection Refused, unacceptable protocol version",
	"Connection Refused, identifier rejected",
	"Connection Refused, Server unavailable",
	"Connection Refused, bad user name or password",
	"Connection Refused, not authorized",
];

/** The layout is known for MQTT 3.1.1, and for 3.1, which has the same. */
const LEVELS: Record<string, number> = { MQTT: 4, MQIsdp: 3 };
/** Characters of a Protocol Name that is shown. */
const LONGEST_NAME = 8;

export function readConnect(reader: FieldReader, facts: Facts): void {
	// Until the payload was read whole and without doubt, anything in it may be the password.
	const payload = { at: Number.POSITIVE_INFINITY, secret: true };
	try {
		readConnectFields(reader, facts, payload);
	} catch (error) {
		if (!(error instanceof EndOfPacket)) throw error;
	}
	if (reader.left === 0 && !reader.broken) return;
	if (reader.left > 0) {
		const { length } = reader.rest("not decoded");
		reader.says(undefined, `${length} bytes`);
	}
	// What no flag announces may be a password all the same.
	delete reader.fields.at(-1)!.bytes;
	// A CONNECT of MQTT 5.0 ends where it says.
	facts.uncertain = payload.secret && facts.protocolLevel !== 5;
	if (payload.secret) hideFrom(reader, payload.at);
}

function readConnectFields(
	reader: FieldReader,
	facts: Facts,
	payload: { at: number; secret: boolean },
): void {
	const start = reader.left;
	const firstField = reader.fields.at(-1);
	const offset = firstField === undefined ? 0 : firstField.offset + firstField.length;
	payload.at = offset;
	const name = reader.string("Protocol Name", "MQTT-3.1.2-1");
	reader.misfit = !Object.hasOwn(LEVELS, name);
	if (name !== "MQTT") reader.violate("MQTT-3.1.2-1", 'the Protocol Name is not "MQTT"');
	if (name.length > LONGEST_NAME) {
		reader.broken = true; // its length is wrong, and it took in who knows what
		return;
	}
	payload.at = offset + start - reader.left;
	const level = reader.byte("Protocol Level", VARIABLE_HEADER);
	facts.protocolLevel = level;
	payload.at = offset + start - reader.left;
	const version =
		level === 5 ? "MQTT 5.0" : level === 4 ? "MQTT 3.1.1" : level === 3 ? "MQTT 3.1" : "unknown";
	reader.says(level, version);
	if (level !== 4) reader.violate("MQTT-3.1.2-2", `the Protocol Level is ${level} (${version}), not 4`);
	if (LEVELS[name] !== level) {
		const { length } = reader.rest("not decoded");
		reader.broken = true;
		reader.says(undefined, `${length} bytes of ${version === "unknown" ? "an unknown protocol" : version}`);
		return;
	}
	const flags = readConnectFlags(reader, facts);
	const keepAlive = reader.integer("Keep Alive", VARIABLE_HEADER);
	reader.says(keepAlive, keepAlive === 0 ? "off" : "seconds");
	payload.at = offset + start - reader.left;
	payload.secret = flags.password;
	readConnectPayload(reader, flags);
}

interface ConnectFlags {
	cleanSession: boolean;
	will: boolean;
	userName: boolean;
	password: boolean;
}

function readConnectFlags(reader: FieldReader, facts: Facts): ConnectFlags {
	const bits = reader.byte("Connect Flags", VARIABLE_HEADER);
	reader.says(bits, bits.toString(2).padStart(8, "0"));
	const flag = (bit: number) => (bits >> bit) & 1;
	const willQos = (bits >> 3) & 3;
	const userName = flag(7) === 1;
	const password = flag(6) === 1;
	const will = flag(2) === 1;
	const cleanSession = flag(1) === 1;
	reader.part("User Name Flag", flag(7));
	reader.part("Password Flag", flag(6));
	reader.part("Will Retain", flag(5));
	reader.part("Will QoS", willQos);
	reader.part("Will Flag", flag(2));
	reader.part("Clean Session", flag(1));
	reader.part("Reserved", flag(0));
	facts.cleanSession = cleanSession;
	if (flag(0) === 1) reader.violate("MQTT-3.1.2-3", "the reserved bit of the Connect Flags is 1");
	if (!will && willQos !== 0)
		reader.violate("MQTT-3.1.2-13", `the Will Flag is 0 and the Will QoS ${willQos}`);
	if (!will && flag(5) === 1) reader.violate("MQTT-3.1.2-15", "the Will Flag is 0 and Will Retain 1");
	if (will && willQos === 3) reader.violate("MQTT-3.1.2-14", "the Will QoS is 3");
	if (!userName && password)
		reader.violate("MQTT-3.1.2-22", "the User Name Flag is 0 and the Password Flag 1");
	return { cleanSession, will, userName, password };
}

function readConnectPayload(reader: FieldReader, flags: ConnectFlags): void {
	const clientId = reader.string("Client Identifier", "MQTT-3.1.3-3");
	if (clientId === "" && !flags.cleanSession)
		reader.violate("MQTT-3.1.3-7", "the Client Identifier is empty and Clean Session 0");
	if (flags.will) {
		const topic = reader.string("Will Topic", "MQTT-3.1.2-9");
		checkTopicName(reader, "Will Topic", topic, "MQTT-4.7.1-1");
		const message = reader.binary("Will Message", "MQTT-3.1.2-9");
		reader.says(Buffer.from(message).toString(), `${message.length} bytes`);
	}
	if (flags.userName) reader.string("User Name", "MQTT-3.1.2-19");
	if (flags.password) {
		const length = reader.binary("Password", "MQTT-3.1.2-21").length;
		const password = reader.fields.at(-1)!;
		delete password.bytes;
		password.note = `${length} bytes, not shown`;
	}
	reader.end("section 3.1.3");
}

/** Takes back what the payload's fields say: nobody knows where the password is. */
function hideFrom(reader: FieldReader, offset: number): void {
	for (const field of reader.fields) {
		if (field.offset < offset) continue;
		delete field.bytes;
		delete field.value;
		field.note = `${field.length} bytes, not shown: it may hold a password`;
	}
}

export function readConnack(reader: FieldReader, facts: Facts): void {
	const flags = reader.byte("Connect Acknowledge Flags", "section 3.2.2");
	reader.says(flags, flags.toString(2).padStart(8, "0"));
	const sessionPresent = (flags & 1) === 1;
	reader.part("Session Present", flags & 1);
	if (flags > 1)
		reader.violate("section 3.2.2.1", "bits 7 to 1 of the Connect Acknowledge Flags are reserved, not 0");
	const code = reader.byte("Connect Return code", "section 3.2.2");
	reader.says(code, RETURN_CODES[code] ?? "reserved");
	if (code >= RETURN_CODES.length)
		reader.violate("MQTT-3.2.2-6", `the Connect Return code ${code} is reserved`);
	if (code !== 0 && sessionPresent)
		reader.violate("MQTT-3.2.2-4", `Session Present is 1 and the Connect Return code ${code}, not 0`);
	facts.sessionPresent = sessionPresent;
	facts.returnCode = code;
	reader.end("section 3.2");
}
