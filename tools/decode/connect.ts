// CONNECT and CONNACK (sections 3.1 and 3.2), field by field. CONNECT says which version the connection speaks.
// Knows how to read fields; no other packet.
// A password is never among what is shown, nor what may be one because the packet is malformed.

import { Property } from "xs-mqtt/node";
import { EndOfPacket, type FieldReader } from "./field-reader.js";
import type { Facts } from "./packet.js";
import { readProperties, WILL } from "./properties.js";
import { codeName, isDefined, readReasonCode } from "./reason-codes.js";
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

/** The layout is known for MQTT 5.0, for 3.1.1, and for 3.1, which has the same. */
const LEVELS: Record<string, readonly number[]> = { MQTT: [4, 5], MQIsdp: [3] };
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
	facts.uncertain = payload.secret;
	if (payload.secret) reader.hideFrom(payload.at, "a password");
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
	reader.version = level === 5 ? 5 : 4;
	facts.protocolLevel = level;
	payload.at = offset + start - reader.left;
	const version =
		level === 5 ? "MQTT 5.0" : level === 4 ? "MQTT 3.1.1" : level === 3 ? "MQTT 3.1" : "unknown";
	reader.says(level, version);
	if (level !== 4 && level !== 5)
		reader.violate("MQTT-3.1.2-2", `the Protocol Level is ${level} (${version}), not 4 or 5`);
	if (!LEVELS[name]?.includes(level)) {
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
	if (level === 5) readConnectProperties(reader, facts, payload);
	readConnectPayload(reader, flags, payload);
}

function readConnectProperties(reader: FieldReader, facts: Facts, payload: { secret: boolean }): void {
	const { secret } = payload;
	// While they are read, anything may be authentication data.
	payload.secret = true;
	const before = reader.violations.length;
	const { properties, sound } = readProperties(reader, 1, "section 3.1.2.11");
	facts.properties = properties;
	// Strings that took in what is behind them have its null characters.
	if (!sound || reader.violations.length > before) reader.broken = true;
	else payload.secret = secret || properties.has(Property.AUTHENTICATION_DATA);
	if (properties.has(Property.AUTHENTICATION_DATA) && !properties.has(Property.AUTHENTICATION_METHOD))
		reader.violate("section 3.1.2.11.10", "there is Authentication Data, and no Authentication Method");
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
	const five = reader.version === 5;
	reader.part(five ? "Clean Start" : "Clean Session", flag(1));
	reader.part("Reserved", flag(0));
	facts.cleanSession = cleanSession;
	if (flag(0) === 1) reader.violate("MQTT-3.1.2-3", "the reserved bit of the Connect Flags is 1");
	if (!will && willQos !== 0)
		reader.violate(
			five ? "MQTT-3.1.2-11" : "MQTT-3.1.2-13",
			`the Will Flag is 0 and the Will QoS ${willQos}`,
		);
	if (!will && flag(5) === 1)
		reader.violate(five ? "MQTT-3.1.2-13" : "MQTT-3.1.2-15", "the Will Flag is 0 and Will Retain 1");
	if (will && willQos === 3) reader.violate(five ? "MQTT-3.1.2-12" : "MQTT-3.1.2-14", "the Will QoS is 3");
	if (!five && !userName && password)
		reader.violate("MQTT-3.1.2-22", "the User Name Flag is 0 and the Password Flag 1");
	return { cleanSession, will, userName, password };
}

function readConnectPayload(reader: FieldReader, flags: ConnectFlags, payload: { secret: boolean }): void {
	const five = reader.version === 5;
	const clientId = reader.string("Client Identifier", "MQTT-3.1.3-3");
	if (clientId === "" && !flags.cleanSession && !five)
		reader.violate("MQTT-3.1.3-7", "the Client Identifier is empty and Clean Session 0");
	if (flags.will) {
		if (five && !readProperties(reader, WILL, "section 3.1.3.2", "Will Properties").sound) {
			reader.broken = true;
			payload.secret = true;
		}
		const topic = reader.string("Will Topic", "MQTT-3.1.2-9");
		checkTopicName(reader, "Will Topic", topic, five ? "MQTT-4.7.0-1" : "MQTT-4.7.1-1");
		const name = five ? "Will Payload" : "Will Message";
		const message = reader.binary(name, "MQTT-3.1.2-9");
		reader.says(Buffer.from(message).toString(), `${message.length} bytes`);
	}
	if (flags.userName) reader.string("User Name", five ? "MQTT-3.1.2-17" : "MQTT-3.1.2-19");
	if (flags.password) reader.hide(reader.binary("Password", five ? "MQTT-3.1.2-19" : "MQTT-3.1.2-21").length);
	reader.end("section 3.1.3");
}

export function readConnack(reader: FieldReader, facts: Facts): void {
	const flags = reader.byte("Connect Acknowledge Flags", "section 3.2.2");
	reader.says(flags, flags.toString(2).padStart(8, "0"));
	const sessionPresent = (flags & 1) === 1;
	reader.part("Session Present", flags & 1);
	const five = reader.version === 5;
	if (flags > 1)
		reader.violate(
			five ? "MQTT-3.2.2-1" : "section 3.2.2.1",
			"bits 7 to 1 of the Connect Acknowledge Flags are reserved, not 0",
		);
	facts.sessionPresent = sessionPresent;
	// A server that does not speak MQTT 5.0 refuses it with a CONNACK of its own version.
	if (five && reader.left > 1) readConnack5(reader, facts);
	else readReturnCode(reader, facts);
	reader.end("section 3.2");
}

function readReturnCode(reader: FieldReader, facts: Facts): void {
	const five = reader.version === 5;
	const code = reader.byte(five ? "Reason Code" : "Connect Return code", "section 3.2.2");
	facts.returnCode = code;
	const reserved = code >= RETURN_CODES.length;
	if (five) {
		reader.says(code, reserved ? codeName(code, 2) : RETURN_CODES[code]);
		if (code === 0) reader.violate("section 3.2.2.3", "there is no Property Length");
		else if (reserved && !isDefined(code, 2))
			reader.violate("MQTT-3.2.2-8", `the Reason Code 0x${code.toString(16)} is reserved`);
	} else {
		reader.says(code, RETURN_CODES[code] ?? "reserved");
		if (reserved) reader.violate("MQTT-3.2.2-6", `the Connect Return code ${code} is reserved`);
	}
	if (code !== 0 && facts.sessionPresent)
		reader.violate(
			five ? "MQTT-3.2.2-6" : "MQTT-3.2.2-4",
			`Session Present is 1 and the ${five ? "Reason Code" : "Connect Return code"} ${code}, not 0`,
		);
}

/** Wrong in any way, its properties are not shown: authentication data may be anywhere in them. */
function readConnack5(reader: FieldReader, facts: Facts): void {
	const code = readReasonCode(reader, 2, "MQTT-3.2.2-8");
	facts.returnCode = code;
	if (code !== 0 && facts.sessionPresent)
		reader.violate("MQTT-3.2.2-6", `Session Present is 1 and the Reason Code ${code}, not 0`);
	const offset = reader.position;
	const before = reader.violations.length;
	try {
		const { properties } = readProperties(reader, 2, "section 3.2.2.3");
		facts.properties = properties;
		if (properties.has(Property.AUTHENTICATION_DATA) && !properties.has(Property.AUTHENTICATION_METHOD))
			reader.violate("section 3.2.2.3.18", "there is Authentication Data, and no Authentication Method");
		reader.end("section 3.2");
	} finally {
		if (reader.broken || reader.violations.length > before) {
			if (reader.left > 0) reader.rest("not decoded");
			reader.hideFrom(offset, "authentication data");
			facts.uncertain = reader.broken;
		}
	}
}
