// What the broker has granted with CONNACK (section 3.2.2.3), for the current connection. Knows numbers; who obeys them is
// elsewhere.

import { Property } from "../../wire/v5/property.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";

/** What CONNACK does not name has this value. */
const enum Default {
	RECEIVE_MAXIMUM = 65_535,
	/** The largest packet there can be: five bytes of fixed header, and the largest remaining length. */
	PACKET_SIZE = 268_435_460,
}

/** What the broker does not have, as bits; QoS as its maximum, in the lowest two. */
const enum Lack {
	QOS = 3,
	RETAIN = 4,
	WILDCARDS = 8,
	IDENTIFIERS = 16,
	SHARED = 32,
}

/** What the broker has granted. There is one for each Client: it has the values of the last CONNACK that accepted. */
export class Limits {
	/** Messages of ours at QoS 1 and 2 that may be unacknowledged, 1 to 65535. */
	receiveMaximum = Default.RECEIVE_MAXIMUM as number;
	/** Bytes of a packet that the broker takes at most. */
	maximumPacketSize = Default.PACKET_SIZE as number;
	/** Aliases that the broker takes at most; 0: none. */
	topicAliasMaximum = 0;
	/** Seconds for which the session outlives the connection; 0xffffffff: for ever. */
	sessionExpiry: number;
	/** Seconds, 0: none. What the broker wants, or what we have said. */
	keepAlive = 0;
	private lacks = 2 as number;
	/** What a client may make its response topics of (section 3.2.2.3.14); undefined: not given. */
	responseInformation?: string;
	/** What the broker has named this client; undefined: we have a name of our own. */
	assignedClientId?: string;

	/** Largest QoS of a publish. A subscription may have a larger one: it is granted less. */
	get maximumQos(): number {
		return this.lacks & Lack.QOS;
	}

	/** @param sessionExpiry seconds that are asked for */
	constructor(sessionExpiry: number) {
		this.sessionExpiry = sessionExpiry;
	}

	/** Messages may be retained. */
	get retainAvailable(): boolean {
		return (this.lacks & Lack.RETAIN) === 0;
	}

	/** Filters may have wildcards. */
	get wildcardAvailable(): boolean {
		return (this.lacks & Lack.WILDCARDS) === 0;
	}

	/** Subscriptions may have identifiers. */
	get identifiersAvailable(): boolean {
		return (this.lacks & Lack.IDENTIFIERS) === 0;
	}

	/** Subscriptions may be shared. */
	get sharedAvailable(): boolean {
		return (this.lacks & Lack.SHARED) === 0;
	}

	/**
	 * Takes those of a CONNACK.
	 * @param sessionExpiry seconds that were asked for
	 * @param keepAlive seconds that CONNECT has said
	 */
	take(received: ReceivedProperties, sessionExpiry: number, keepAlive: number): void {
		this.receiveMaximum = numberOr(received, Property.RECEIVE_MAXIMUM, Default.RECEIVE_MAXIMUM);
		this.maximumPacketSize = numberOr(received, Property.MAXIMUM_PACKET_SIZE, Default.PACKET_SIZE);
		this.topicAliasMaximum = numberOr(received, Property.TOPIC_ALIAS_MAXIMUM, 0);
		this.sessionExpiry = numberOr(received, Property.SESSION_EXPIRY, sessionExpiry);
		this.keepAlive = numberOr(received, Property.SERVER_KEEP_ALIVE, keepAlive);
		this.lacks =
			numberOr(received, Property.MAXIMUM_QOS, 2) |
			lack(received, Property.RETAIN_AVAILABLE, Lack.RETAIN) |
			lack(received, Property.WILDCARD_AVAILABLE, Lack.WILDCARDS) |
			lack(received, Property.IDENTIFIERS_AVAILABLE, Lack.IDENTIFIERS) |
			lack(received, Property.SHARED_AVAILABLE, Lack.SHARED);
		// What most brokers do not say takes no heap.
		const information = received.text(Property.RESPONSE_INFORMATION);
		if (information !== this.responseInformation) this.responseInformation = information;
		// It stays this client's name for later connects.
		const name = received.text(Property.ASSIGNED_CLIENT_ID);
		if (name !== undefined) this.assignedClientId = name;
	}
}

const numberOr = (received: ReceivedProperties, property: number, fallback: number): number => {
	const value = received.number(property);
	return value < 0 ? fallback : value;
};

const lack = (received: ReceivedProperties, property: number, bit: number): number =>
	received.number(property) === 0 ? bit : 0;
