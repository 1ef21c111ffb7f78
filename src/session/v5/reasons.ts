// Why a message of MQTT 5.0 is dropped: it was accepted before the broker had said what it takes, or it is too old.

import { Reason } from "../../wire/reason.js";

export const MESSAGE_EXPIRED = new Reason(
	"app",
	"a message was not sent before it expired: see messageExpiry",
);
export const MESSAGE_TOO_LARGE = new Reason(
	"broker",
	"a message accepted before connecting is larger than this broker allows (Maximum Packet Size, section 3.2.2.3.6)",
);
export const QOS_NOT_AVAILABLE = new Reason(
	"broker",
	"a message accepted before connecting has a QoS that this broker does not allow (Maximum QoS, section 3.2.2.3.4)",
);
export const RETAIN_NOT_AVAILABLE = new Reason(
	"broker",
	"a message accepted before connecting is to be retained, which this broker does not support (Retain Available, section " +
		"3.2.2.3.5)",
);
