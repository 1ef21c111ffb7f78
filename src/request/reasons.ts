// Why a request has no answer, and what the calls return when nothing was sent. Knows nothing else.

import { Reason } from "../wire/reason.js";

/** `onFailed`: the time for an answer is over. */
export const NO_ANSWER = new Reason(
	"peer",
	"no answer arrived in time: check that the other side is there, or raise timeout",
);

const enum Refused {
	BUSY = -11,
	NEEDS_5 = -12,
	NO_RESPONSE_TOPIC = -13,
	NOT_AWAITED = -14,
	ANSWER_TOO_LARGE = -15,
}

/** `send`: as many requests as the option inFlight allows wait for their answers. */
export const BUSY = Refused.BUSY as number;
/** `send`: the broker uses MQTT 3.1.1, which has no response topic (section 3.3.2.3.5 of MQTT 5.0). */
export const NEEDS_5 = Refused.NEEDS_5 as number;
/** `send`: the broker has given no Response Information to make a response topic of (section 3.2.2.3.15). */
export const NO_RESPONSE_TOPIC = Refused.NO_RESPONSE_TOPIC as number;
/** `reply`: no answer is awaited: it was sent already, newer requests have replaced this one, or none was wanted. */
export const NOT_AWAITED = Refused.NOT_AWAITED as number;
/** `reply`: with its response topic and correlation data the answer can never fit the store. A shorter one may. */
export const ANSWER_TOO_LARGE = Refused.ANSWER_TOO_LARGE as number;
