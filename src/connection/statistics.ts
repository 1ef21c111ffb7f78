// Counters of what happened since construction.

/** Counters since construction, each exact up to 2^53. */
export class Statistics {
	/** Attempts to connect. */
	attempts = 0;
	/** Connections the broker has accepted. */
	connects = 0;
	/** Connections that ended, for any reason. */
	disconnects = 0;
	/** Messages accepted. */
	published = 0;
	/** Messages refused: no room, or closed. */
	refused = 0;
	/** Messages acknowledged by the broker, at QoS 2 with PUBCOMP. */
	delivered = 0;
	/** Messages dropped, ours and received ones. Each was reported to `onDropped`. */
	dropped = 0;
	/** Messages sent without their properties, because the connection uses MQTT 3.1.1. */
	propertiesOmitted = 0;
	/** Messages sent again after a reconnect. */
	resent = 0;
	/** QoS 2 messages sent as new ones because the broker had lost the session: subscribers may get them twice. */
	uncertain = 0;
	/** Messages received completely. */
	received = 0;
	/** QoS 2 messages that arrived again, and were not delivered again. */
	duplicates = 0;
	/** Connections closed because an answer was missing after replyTimeout. */
	timeouts = 0;
	/** Acknowledgements of something that this client does not know. */
	strayAcknowledgements = 0;
}
