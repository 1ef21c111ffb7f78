// What an app imports as "xs-mqtt/v5" on Moddable: what src/v5 exports. JavaScript, as mcpack knows a manifest's modules by
// that; not src/v5 itself, as XS resolves its "./connection/..." from the module's name.

export {
	AUTH_CODE,
	AUTH_METHOD,
	AUTH_TOO_LONG,
	AUTH_UNEXPECTED,
	AUTHENTICATOR_FAILED,
} from "xs-mqtt/connection/v5/authentication";
export { QOS_UNAVAILABLE, RETAIN_UNAVAILABLE, TOO_LARGE } from "xs-mqtt/connection/v5/writer";
export {
	MESSAGE_EXPIRED,
	MESSAGE_TOO_LARGE,
	QOS_NOT_AVAILABLE,
	RETAIN_NOT_AVAILABLE,
} from "xs-mqtt/session/v5/reasons";
export { Properties } from "xs-mqtt/wire/v5/properties";
