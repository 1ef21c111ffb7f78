// Why a connection ended or a packet was dropped. Knows nothing else, so that every floor can use it.

/** Whose fault it is, and so who has to act: the app, the peer that breaks the protocol, the broker's administrator, or nobody (the
 * network). */
export type Fault = "app" | "peer" | "broker" | "network";

/**
 * A reason: one constant for each. Compare by identity (`reason === NO_REPLY`), show `message`.
 */
export class Reason {
	readonly fault: Fault;
	/** What failed, why, and what to do. */
	readonly message: string;
	/** The reason code of MQTT 5.0: the broker's, or the one that the broker is told when it is at fault. */
	declare readonly code?: number;

	constructor(fault: Fault, message: string, code?: number) {
		this.fault = fault;
		this.message = message;
		// Without one there is no field: each takes flash.
		if (code !== undefined) this.code = code;
		// So that a preloaded one stays in flash. What extends it has fields to come.
		if (new.target === Reason) Object.freeze(this);
	}

	/** Its message. */
	toString(): string {
		return this.message;
	}
}

const malformed = (message: string) => new Reason("peer", `malformed packet from the broker: ${message}`);

export const PACKET_TYPE = malformed(
	"a packet type that only a client may send, or a reserved one (section 2.2.1)",
);
export const RESERVED_FLAGS = malformed("reserved flags of the fixed header are wrong (section 2.2.2)");
export const LENGTH_ENCODING = malformed("remaining length of more than four bytes (section 2.2.3)");
export const LENGTH = malformed("remaining length does not fit the packet type (section 2.2.3)");
export const IDENTIFIER_ZERO = malformed("packet identifier 0 (section 2.3.1)");
export const QOS_3 = malformed("PUBLISH with QoS 3 (section 3.3.1.2)");
export const DUP_QOS_0 = malformed("PUBLISH with DUP at QoS 0 (section 3.3.1.1)");
export const TOPIC_EMPTY = malformed("PUBLISH with an empty topic name (section 4.7.3)");
export const TOPIC_TEXT = malformed("topic name is not UTF-8, or has a null character (section 1.5.3)");
export const TOPIC_WILDCARD = malformed("topic name with a wildcard (section 3.3.2.1)");
export const CONNACK_FLAGS = malformed("reserved acknowledge flags of CONNACK are set (section 3.2.2.1)");
export const CONNACK_CODE = malformed("CONNACK with a reserved return code (section 3.2.2.3)");
export const CONNACK_SESSION = malformed("CONNACK that refuses, yet has session present (section 3.2.2.2)");
export const CONNACK_CLEAN = malformed(
	"CONNACK has a session, though a clean one was requested (section 3.2.2.2)",
);
export const SUBACK_CODE = malformed("SUBACK with a reserved return code (section 3.9.3)");
export const SUBACK_CODES = malformed("SUBACK does not have one code for each filter (section 3.9.3)");
export const NOT_YET_CONNECTED = malformed("another packet before CONNACK (section 3.2)");
export const SECOND_CONNACK = malformed("a second CONNACK (section 3.2)");

const refused = (message: string) => new Reason("broker", `connection refused by the broker: ${message}`);

export const REFUSED_PROTOCOL = refused("it does not speak MQTT 3.1.1 (return code 1)");
export const REFUSED_IDENTIFIER = refused(
	"it does not allow this client identifier; set another clientId (return code 2)",
);
export const REFUSED_UNAVAILABLE = refused("the MQTT service is unavailable, for now (return code 3)");
export const REFUSED_CREDENTIALS = refused("wrong user name or password (return code 4)");
export const REFUSED_AUTHORIZATION = refused(
	"this client is not authorized; ask for access to the broker (return code 5)",
);

/** The reasons of CONNACK's return codes 1 to 5, at code - 1 (section 3.2.2.3). */
export const REFUSALS = Object.freeze([
	REFUSED_PROTOCOL,
	REFUSED_IDENTIFIER,
	REFUSED_UNAVAILABLE,
	REFUSED_CREDENTIALS,
	REFUSED_AUTHORIZATION,
]);
