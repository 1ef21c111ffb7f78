// What an alert of the broker's says about why it does not go on (RFC 5246, section 7.2). Knows numbers and reasons.

import type { Reason } from "../../wire/reason.js";
import { CLIENT_CERTIFICATE_REFUSED, HANDSHAKE_REFUSED, TLS_PROTOCOL, TLS_VERSION } from "./reasons.js";

const FATAL = 2;

const enum Alert {
	HANDSHAKE_FAILURE = 40,
	BAD_CERTIFICATE = 42,
	UNSUPPORTED_CERTIFICATE = 43,
	CERTIFICATE_REVOKED = 44,
	CERTIFICATE_EXPIRED = 45,
	CERTIFICATE_UNKNOWN = 46,
	UNKNOWN_CA = 48,
	ACCESS_DENIED = 49,
	DECRYPT_ERROR = 51,
	PROTOCOL_VERSION = 70,
	INSUFFICIENT_SECURITY = 71,
	UNRECOGNIZED_NAME = 112,
	CERTIFICATE_REQUIRED = 116,
	NO_APPLICATION_PROTOCOL = 120,
}

/**
 * The reason that an alert stands for.
 * @param answered our certificate, or that there is none, has gone out
 * @param requested the broker has asked for it
 */
export const reasonOfAlert = (
	level: number,
	description: number,
	answered: boolean,
	requested: boolean,
): Reason => {
	// Whatever its level: some only warn of it (RFC 6066, section 3), and go on as another host.
	if (description === Alert.UNRECOGNIZED_NAME) return HANDSHAKE_REFUSED;
	if (level !== FATAL) return TLS_PROTOCOL;
	switch (description) {
		case Alert.HANDSHAKE_FAILURE:
			return answered && requested ? CLIENT_CERTIFICATE_REFUSED : HANDSHAKE_REFUSED;
		case Alert.DECRYPT_ERROR: // of what our key has signed
			return answered && requested ? CLIENT_CERTIFICATE_REFUSED : TLS_PROTOCOL;
		case Alert.BAD_CERTIFICATE:
		case Alert.UNSUPPORTED_CERTIFICATE:
		case Alert.CERTIFICATE_REVOKED:
		case Alert.CERTIFICATE_EXPIRED:
		case Alert.CERTIFICATE_UNKNOWN:
		case Alert.UNKNOWN_CA:
		case Alert.ACCESS_DENIED:
		case Alert.CERTIFICATE_REQUIRED:
			return answered ? CLIENT_CERTIFICATE_REFUSED : TLS_PROTOCOL;
		case Alert.INSUFFICIENT_SECURITY:
		case Alert.NO_APPLICATION_PROTOCOL:
			return HANDSHAKE_REFUSED;
		case Alert.PROTOCOL_VERSION:
			return TLS_VERSION;
	}
	return TLS_PROTOCOL;
};
