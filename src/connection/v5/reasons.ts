// What reason codes mean for a connection: when to try again, and which code answers what the broker does wrong.

import { CONNACK_CLEAN, NOT_YET_CONNECTED, Reason, SECOND_CONNACK, SUBACK_CODES } from "../../wire/reason.js";
import { ReasonCode } from "../../wire/v5/reason-codes.js";

export const PACKETS_TOO_SMALL = new Reason(
	"broker",
	"the broker's Maximum Packet Size is below 5 bytes, too few to acknowledge a message: raise it in the broker's settings",
);

const bit = (code: ReasonCode): number => 1 << (code & 31);

/** Codes 0x80 to 0x9f, each a bit, after which the next attempt may go well without help. */
const PASSING =
	bit(ReasonCode.UNSPECIFIED_ERROR) |
	bit(ReasonCode.SERVER_UNAVAILABLE) |
	bit(ReasonCode.SERVER_BUSY) |
	bit(ReasonCode.SERVER_SHUTTING_DOWN) |
	bit(ReasonCode.KEEP_ALIVE_TIMEOUT) |
	bit(ReasonCode.MESSAGE_RATE_TOO_HIGH) |
	bit(ReasonCode.QUOTA_EXCEEDED) |
	bit(ReasonCode.ADMINISTRATIVE_ACTION) |
	bit(ReasonCode.USE_ANOTHER_SERVER) |
	bit(ReasonCode.CONNECTION_RATE_EXCEEDED);

/** Whether an attempt soon after this code, of CONNACK or DISCONNECT, would end the same way. */
export const isLastingCode = (code: number): boolean =>
	code < ReasonCode.MAXIMUM_CONNECT_TIME
		? ((PASSING >> (code & 31)) & 1) === 0
		: code > ReasonCode.MAXIMUM_CONNECT_TIME;

/** Whether another server is to be used. */
export const isRedirect = (code: number): boolean =>
	code === ReasonCode.USE_ANOTHER_SERVER || code === ReasonCode.SERVER_MOVED;

/** Whether CONNACK says that the version is not spoken: in 3.1.1 (section 3.2.2.3 there), or in 5.0. */
export const isVersionRefusal = (code: number): boolean =>
	code === 1 || code === ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;

/** The code that answers what the broker has done wrong (section 4.13.1). */
export const answerTo = (reason: Reason): number => {
	if (reason.code !== undefined) return reason.code;
	return reason === CONNACK_CLEAN ||
		reason === NOT_YET_CONNECTED ||
		reason === SECOND_CONNACK ||
		reason === SUBACK_CODES
		? ReasonCode.PROTOCOL_ERROR
		: ReasonCode.MALFORMED_PACKET;
};
