// Reason codes of MQTT 5.0 (section 2.4): their names, which packets may have them, and what to do about them.

import { PacketType } from "../protocol.js";
import { Reason } from "../reason.js";

/** Reason codes; some have two names, by packet. */
export const enum ReasonCode {
	SUCCESS = 0x00,
	NORMAL_DISCONNECTION = 0x00,
	GRANTED_QOS_0 = 0x00,
	GRANTED_QOS_1 = 0x01,
	GRANTED_QOS_2 = 0x02,
	DISCONNECT_WITH_WILL = 0x04,
	NO_MATCHING_SUBSCRIBERS = 0x10,
	NO_SUBSCRIPTION_EXISTED = 0x11,
	CONTINUE_AUTHENTICATION = 0x18,
	REAUTHENTICATE = 0x19,
	UNSPECIFIED_ERROR = 0x80,
	MALFORMED_PACKET = 0x81,
	PROTOCOL_ERROR = 0x82,
	IMPLEMENTATION_SPECIFIC_ERROR = 0x83,
	UNSUPPORTED_PROTOCOL_VERSION = 0x84,
	CLIENT_IDENTIFIER_NOT_VALID = 0x85,
	BAD_USER_NAME_OR_PASSWORD = 0x86,
	NOT_AUTHORIZED = 0x87,
	SERVER_UNAVAILABLE = 0x88,
	SERVER_BUSY = 0x89,
	BANNED = 0x8a,
	SERVER_SHUTTING_DOWN = 0x8b,
	BAD_AUTHENTICATION_METHOD = 0x8c,
	KEEP_ALIVE_TIMEOUT = 0x8d,
	SESSION_TAKEN_OVER = 0x8e,
	TOPIC_FILTER_INVALID = 0x8f,
	TOPIC_NAME_INVALID = 0x90,
	PACKET_IDENTIFIER_IN_USE = 0x91,
	PACKET_IDENTIFIER_NOT_FOUND = 0x92,
	RECEIVE_MAXIMUM_EXCEEDED = 0x93,
	TOPIC_ALIAS_INVALID = 0x94,
	PACKET_TOO_LARGE = 0x95,
	MESSAGE_RATE_TOO_HIGH = 0x96,
	QUOTA_EXCEEDED = 0x97,
	ADMINISTRATIVE_ACTION = 0x98,
	PAYLOAD_FORMAT_INVALID = 0x99,
	RETAIN_NOT_SUPPORTED = 0x9a,
	QOS_NOT_SUPPORTED = 0x9b,
	USE_ANOTHER_SERVER = 0x9c,
	SERVER_MOVED = 0x9d,
	SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e,
	CONNECTION_RATE_EXCEEDED = 0x9f,
	MAXIMUM_CONNECT_TIME = 0xa0,
	SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xa1,
	WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xa2,
}

/** Codes 0x80 to 0x9f as bits, by the packets that the broker may send them in. */
const enum Codes {
	CONNACK = 0xbea1_17ff,
	PUBLISHED = 0x0283_0089,
	PUBREL = 0x0004_0000,
	SUBACK = 0x4082_8089,
	UNSUBACK = 0x0002_8089,
	/** With 0x8c, which section 2.4 has for it, and the table of section 3.14.2.1 has not. */
	DISCONNECT = 0xfff9_fa8f,
}

/** Whether the broker may send `code` in a packet of `type` (sections 3.2.2.2, 3.4.2.1 and so on). */
export const isLegal = (type: number, code: number): boolean => {
	let codes = 0;
	switch (type) {
		case PacketType.CONNACK:
			codes = Codes.CONNACK;
			break;
		case PacketType.PUBACK:
		case PacketType.PUBREC:
			if (code === ReasonCode.NO_MATCHING_SUBSCRIBERS) return true;
			codes = Codes.PUBLISHED;
			break;
		case PacketType.PUBREL:
		case PacketType.PUBCOMP:
			codes = Codes.PUBREL;
			break;
		case PacketType.SUBACK:
			if (code <= 2 || (code > 0xa0 && code <= 0xa2)) return true;
			codes = Codes.SUBACK;
			break;
		case PacketType.UNSUBACK:
			if (code === ReasonCode.NO_SUBSCRIPTION_EXISTED) return true;
			codes = Codes.UNSUBACK;
			break;
		case PacketType.DISCONNECT:
			if (code >= 0xa0 && code <= 0xa2) return true;
			codes = Codes.DISCONNECT;
			break;
		case PacketType.AUTH:
			return code === 0 || code === ReasonCode.CONTINUE_AUTHENTICATION;
	}
	return code === 0 || (code >> 5 === 4 && ((codes >>> (code & 31)) & 1) !== 0);
};

// ---- what the broker does wrong, and the code to answer it with (section 4.13.1)

const malformed = (message: string) =>
	new Reason("peer", `malformed packet from the broker: ${message}`, ReasonCode.MALFORMED_PACKET);
const forbidden = (message: string, code: number = ReasonCode.PROTOCOL_ERROR) =>
	new Reason("peer", `protocol error of the broker: ${message}`, code);

export const PROPERTY_UNKNOWN = malformed("a property that MQTT 5.0 does not have (section 2.2.2.2)");
export const PROPERTY_MISPLACED = malformed(
	"a property that does not belong in this packet (section 2.2.2.2)",
);
export const PROPERTY_TWICE = forbidden("a property more than once (section 2.2.2.2)");
export const PROPERTY_LENGTH = malformed(
	"properties that do not fit their length or the packet (section 2.2.2.1)",
);
export const PROPERTY_INTEGER = malformed("variable byte integer of more than four bytes (section 1.5.5)");
export const PROPERTY_TEXT = malformed(
	"a string property is not UTF-8, or has a null character (section 1.5.4)",
);
export const PROPERTY_VALUE = forbidden("a property with a value that it must not have (section 2.2.2.2)");
export const RESPONSE_TOPIC_WILDCARD = forbidden("a response topic with a wildcard (section 3.3.2.3.5)");
export const ALIAS_INVALID = forbidden(
	"a topic alias of 0, above the maximum that was asked for, or never set (section 3.3.2.3.4)",
	ReasonCode.TOPIC_ALIAS_INVALID,
);
export const UNSUBACK_CODES = forbidden("UNSUBACK does not have one code for each filter (section 3.11.3)");
export const CODE_UNDEFINED = malformed("a reason code that this packet must not have (section 2.4)");

// ---- what the broker says

const told = (code: number, message: string) =>
	new Reason("broker", `the broker says: ${message} (reason code 0x${code.toString(16)})`, code);

/** The reasons of codes 0x80 to 0xa2, in order. */
const REASONS = Object.freeze([
	told(0x80, "an error that it does not name; see the broker's log"),
	told(0x81, "a packet of this client is malformed; report it as a fault of xs-mqtt"),
	told(0x82, "this client has broken a rule of MQTT; report it as a fault of xs-mqtt"),
	told(0x83, "it does not accept this, by a rule of its own; see the broker's log"),
	told(0x84, "it does not speak MQTT 5.0; set protocolVersion to 4"),
	told(0x85, "it does not allow this client identifier; set another clientId"),
	told(0x86, "wrong user name or password"),
	told(0x87, "this client is not authorized; ask for access to the broker"),
	told(0x88, "the MQTT service is unavailable, for now"),
	told(0x89, "it is busy; try again later"),
	told(0x8a, "this client is banned; ask who runs the broker"),
	told(0x8b, "it is shutting down"),
	told(0x8c, "it does not know this authentication method, or expected another; set another one"),
	told(0x8d, "it has heard nothing from this client for too long; see the network, and keepAlive"),
	told(0x8e, "another connection uses the same client identifier; give each client a clientId of its own"),
	told(0x8f, "it does not allow this topic filter; subscribe to another one"),
	told(0x90, "it does not allow this topic name; publish to another one"),
	told(0x91, "the packet identifier is in use"),
	told(0x92, "it does not know the packet identifier; its session and the client's differ"),
	told(0x93, "too many messages at once, above its Receive Maximum"),
	told(0x94, "the topic alias is invalid"),
	told(0x95, "the packet is larger than it takes; publish less at a time"),
	told(0x96, "messages come too fast; publish less often"),
	told(0x97, "a quota is used up; publish less, or ask who runs the broker"),
	told(0x98, "the connection was closed by its administrator"),
	told(0x99, "the payload is not of the format that was declared; see payloadFormat"),
	told(0x9a, "it does not retain messages; publish without retain"),
	told(0x9b, "it does not support this QoS; use a lower one"),
	told(0x9c, "use another server, for now; see onRedirect"),
	told(0x9d, "the server has moved; see onRedirect, or set another host"),
	told(0x9e, "it does not support shared subscriptions; subscribe without $share"),
	told(0x9f, "connections come too fast; connect less often"),
	told(0xa0, "the longest time for a connection is over"),
	told(0xa1, "it does not support subscription identifiers"),
	told(0xa2, "it does not support wildcards; subscribe to the whole topic name"),
]);

/** The reason of a code from 0x80 on: always the same object for the same code. Others count as 0x80. */
export const reasonOf = (code: number): Reason => {
	return REASONS[code - ReasonCode.UNSPECIFIED_ERROR] ?? REASONS[0];
};
