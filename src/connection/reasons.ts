// Why the Client itself ends a connection or gives up a packet. The peer's faults are in wire/reason.ts.

import { Reason } from "../wire/reason.js";

export const CLOSED_BY_APP = new Reason("app", "the client was closed by the app");
export const NO_CREDENTIALS = new Reason(
	"app",
	"a function given as username or password threw, or returned an invalid value, so CONNECT could not be sent",
);
export const CONNECT_FAILED = new Reason(
	"network",
	"no TCP connection to the broker: check host and port, that the broker runs, and the network",
);
export const CONNECT_TIMEOUT = new Reason(
	"network",
	"the broker did not accept the connection within connectTimeout: check host and port, and the network",
);
export const CLOCK_NOT_SET = new Reason(
	"network",
	"the clock was not set within connectTimeout, so the dates of the broker's certificate could not be checked: use Sntp " +
		"(xs-mqtt/sntp), or set the clock yourself",
);
export const CONNECTION_LOST = new Reason("network", "the connection to the broker was closed or broke");
export const NO_REPLY = new Reason(
	"network",
	"an answer of the broker is missing after replyTimeout: the connection is dead",
);
export const REPLACED = new Reason("app", "dropped, never sent, in favour of a newer message");
export const TOPIC_TOO_LONG = new Reason(
	"app",
	"a received message was skipped: its topic name is longer than the option topicSize",
);
export const SESSION_LOST = new Reason(
	"broker",
	"the broker had taken a message at QoS 2 and then lost the session: whether the message arrives is unknown",
);
export const UNRELEASED_FULL = new Reason(
	"app",
	"more QoS 2 messages arrived at once than the option unreleased allows; reconnecting to get the rest: raise it",
);
export const FILL_SHORT = new Reason(
	"app",
	"the function given to publishFrom threw, or did not return the number of bytes it had to write: the message is " +
		"dropped, and the connection closed because a part of it was sent",
);
