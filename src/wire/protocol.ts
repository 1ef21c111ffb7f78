// The numbers of MQTT 3.1.1. Knows nothing but the specification.
//
// Numbers that have a name are const enums in src: the compiler puts the number in place of the name. A constant of the
// module would take flash for its name, for itself and in each function that uses it, and stack in each call of those.

/** Control packet types (section 2.2.1). */
export const enum PacketType {
	CONNECT = 1,
	CONNACK = 2,
	PUBLISH = 3,
	PUBACK = 4,
	PUBREC = 5,
	PUBREL = 6,
	PUBCOMP = 7,
	SUBSCRIBE = 8,
	SUBACK = 9,
	UNSUBSCRIBE = 10,
	UNSUBACK = 11,
	PINGREQ = 12,
	PINGRESP = 13,
	DISCONNECT = 14,
	/** MQTT 5.0 only. */
	AUTH = 15,
}

export const enum SubackCode {
	/** The filter is refused (section 3.9.3). */
	REFUSED = 0x80,
}

export const enum Frame {
	/** Bytes in front of each packet that is sent, for the header of a frame around it (RFC 6455, section 5.2). */
	HEADROOM = 14,
}

export const enum Limit {
	/** Largest remaining length: four bytes of seven bits (section 2.2.3). */
	REMAINING_LENGTH = 268_435_455,
	/** Largest encoded string or binary field, in bytes (section 1.5.3). */
	FIELD = 65_535,
}

/** Quality of service: at most once, at least once, exactly once (section 4.3). */
export type QoS = 0 | 1 | 2;
