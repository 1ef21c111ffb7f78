// Numbers of RFC 6455.

/** What a frame is (section 5.2). */
export const enum Opcode {
	CONTINUATION = 0,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10,
	/** Set in those of control frames. */
	CONTROL = 8,
}

/** In a frame's first byte, and in its second one. */
export const enum Bit {
	FIN = 0x80,
	RESERVED = 0x70,
	OPCODE = 0x0f,
	MASK = 0x80,
}

/** A frame's second byte without MASK, and what follows from it. */
export const enum Length {
	/** The longest that this byte holds; the longest of a control frame. */
	SHORT = 125,
	/** Two bytes of length follow, or eight. */
	TWO_BYTES = 126,
	EIGHT_BYTES = 127,
	/** The longest of two bytes. */
	MEDIUM = 0xffff,
	/** The longest that can be counted. */
	LONGEST = 0x1f_ffff_ffff_ffff,
}

/** Bytes of a header with a mask, which is at its end. */
export const enum Head {
	MASK = 4,
	SHORT = 6,
	MEDIUM = 8,
}

/** Status of a close frame (section 7.4). */
export const enum Close {
	NORMAL = 1000,
	PROTOCOL_ERROR = 1002,
	UNSUPPORTED_DATA = 1003,
	/** Stands for none: never on the wire, as the ones up to it. */
	NO_STATUS = 1005,
	ABNORMAL = 1006,
	RESERVED = 1004,
	EXTENSION_MISSING = 1010,
	/** The last one that is registered. */
	BAD_GATEWAY = 1014,
	/** From here on they are for libraries and applications. */
	OTHERS = 3000,
	LAST = 4999,
}
