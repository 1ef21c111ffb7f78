// What a board tells of its life, in its order: numbers, three for each event. Knows nothing.

/** Number of the message, its packet identifier. */
export const ACCEPTED = 1;
/** Packet identifier. */
export const DELIVERED = 2;
/** Packet identifier, 1 when the reason is SESSION_LOST, or the reason code of a broker that refuses it. */
export const DROPPED = 3;
/** Which attempt to connect, 1 when the session was present. */
export const CONNECTED = 4;
/** Which attempt to connect, 1 when the board heard that the connection had ended: then it had read all that came. */
export const DISCONNECTED = 5;
/** Number of the message that a handler got. */
export const RECEIVED = 6;

export interface Event {
	what: number;
	/** The first number; the second. */
	a: number;
	b: number;
}
