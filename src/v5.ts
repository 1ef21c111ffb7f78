// What an app imports as "xs-mqtt/v5": what only MQTT 5.0 has. Apart from "xs-mqtt", so that an app for 3.1.1 pays nothing.

export type { Answer, Authenticator } from "./authentication/authenticator.js";
export {
	AUTH_CODE,
	AUTH_METHOD,
	AUTH_TOO_LONG,
	AUTH_UNEXPECTED,
	AUTHENTICATOR_FAILED,
	AUTHENTICATOR_LATE,
} from "./connection/v5/authentication.js";
export type { Options5 } from "./connection/v5/options.js";
export { PACKETS_TOO_SMALL } from "./connection/v5/reasons.js";
export { QOS_UNAVAILABLE, RETAIN_UNAVAILABLE, TOO_LARGE } from "./connection/v5/writer.js";
export {
	MESSAGE_EXPIRED,
	MESSAGE_TOO_LARGE,
	QOS_NOT_AVAILABLE,
	RETAIN_NOT_AVAILABLE,
} from "./session/v5/reasons.js";
export { Properties, type PropertyFields } from "./wire/v5/properties.js";
