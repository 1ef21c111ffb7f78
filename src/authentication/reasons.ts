// Why SCRAM ends a connection. What an app compares with: "xs-mqtt/scram".

import { Reason } from "../wire/reason.js";

const enum Code {
	/** An error that the broker is not told (section 2.4 of MQTT 5.0). */
	UNSPECIFIED = 0x80,
}

// The fault is the broker's where a person has to act before it can go well: the next attempt comes after the longest delay.
const refused = (message: string) => new Reason("broker", `SCRAM: ${message}`);
const broken = (message: string) => new Reason("peer", `SCRAM: ${message}`, Code.UNSPECIFIED);

export const SCRAM_MALFORMED = broken(
	"the broker's message breaks the rules (RFC 5802, section 7), or comes out of turn, or is longer than 1024 bytes",
);
export const SCRAM_NONCE = broken(
	"the broker's nonce does not begin with ours, or adds nothing to it: somebody replays an old exchange, or the broker is broken",
);
export const SCRAM_EXTENSION = refused("the broker demands an extension (m=), and none is known here");
export const SCRAM_ITERATIONS_FEW = refused(
	"the broker asks for fewer iterations than iterationsMinimum, so that a password would be easy to guess from what was " +
		"sent: set the password anew at the broker, with 4096 at least",
);
export const SCRAM_ITERATIONS_MANY = refused(
	"the broker asks for more iterations than iterationsMaximum: raise it, and connectTimeout for as long as they take, or " +
		"set the password anew at the broker, with fewer",
);
export const SCRAM_REFUSED = refused(
	"the broker says that the authentication failed: wrong user name or password",
);
export const SCRAM_NO_PROOF = refused(
	"the broker accepts without proof that it knows the password: somebody stands in for it, or it leaves out the data of CONNACK",
);
export const SCRAM_WRONG_PROOF = refused(
	"the broker's proof is wrong: it does not know the password, so it is not the broker that it claims to be",
);
