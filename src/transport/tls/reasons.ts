// Why TLS ends a connection. What an app compares with: "xs-mqtt/tls".

import { Reason } from "../../wire/reason.js";

// The fault is the broker's where a person has to act before it can go well: the next attempt comes after the longest delay.
const refused = (message: string) => new Reason("broker", `TLS: ${message}`);
const broken = (message: string) => new Reason("peer", `TLS: ${message}`);

export const CERTIFICATE_EXPIRED = refused(
	"the broker's certificate, or one above it, has expired: renew it at the broker; check that the clock is right",
);
export const CERTIFICATE_NOT_YET_VALID = refused(
	"the broker's certificate, or one above it, is not valid yet: check that the clock is right",
);
export const UNKNOWN_CA = refused(
	"the broker's certificate was issued by none of the authorities in the option tls.ca: add the one that issued it",
);
export const WRONG_NAME = refused(
	"the broker's certificate is for another name: connect to a name that it has, or set tls.serverName",
);
export const BROKEN_CHAIN = refused(
	"the broker's certificates do not sign each other: its file must have its own first, then each issuer's",
);
export const CERTIFICATE_UNSUPPORTED = refused(
	"the broker's certificate uses an algorithm or extension that is not supported: RSA and ECDSA with SHA-256 to SHA-512 are",
);
export const CERTIFICATE_MALFORMED = refused(
	"the broker's certificate breaks the rules of its format (X.509, DER): issue it anew, or somebody interferes",
);
export const CERTIFICATE_PURPOSE = refused(
	"the broker's certificate is not for servers: issue one with the extended key usage serverAuth, or without any",
);
export const CHAIN_TOO_LONG = refused(
	"the broker sends more certificates than allowed, 8 of 16 KB in all: remove from its file what is not needed",
);
export const TOO_MANY_AUTHORITIES = refused(
	"the broker asks for our certificate and names more authorities than allowed, 256 of 16 KB in all: give it a cafile that " +
		"has only those of its clients",
);
export const WRONG_PIN = refused(
	"the broker's certificate is not the one in the option tls.pin: if it was renewed, add the new one's SHA-256",
);
export const CLIENT_CERTIFICATE_REFUSED = refused(
	"the broker does not accept our certificate: it is missing, expired, revoked, or from an unknown issuer",
);
export const HANDSHAKE_REFUSED = refused(
	"the broker refuses the handshake: it has to allow TLS 1.2 with ECDHE, AES-128 and GCM, have a key of RSA or on P-256, and know the server name",
);
export const TLS_VERSION = refused(
	"the broker does not speak TLS 1.2: allow it at the broker; check the port",
);
export const CIPHER_SUITE = refused(
	"the broker chose a cipher suite that was not offered: somebody interferes, or the broker is broken",
);
export const WRONG_SIGNATURE = refused(
	"the broker did not prove that it has the key of its certificate: its key file is wrong, or somebody interferes",
);
export const HANDSHAKE_LOST = new Reason(
	"network",
	"TLS: the connection ended during the handshake: the network broke, or the broker does not use TLS on this port",
);
export const TLS_PROTOCOL = broken(
	"the broker broke the protocol, does not use TLS on this port, or somebody interferes: the connection was closed",
);
export const RECORD_TOO_LONG = broken(
	"the broker sent a longer record than tls.fragmentLength allows: raise it, or let the broker send shorter ones",
);
