// What happened since construction, in numbers. Knows nothing; the Client counts.

/** Counters since construction. They wrap at nothing: each is exact up to 2^53. */
export class Statistics {
	/** Attempts to connect. */
	attempts = 0;
	/** Connections the broker has accepted. */
	connects = 0;
	/** Connections that ended, by whomever. */
	disconnects = 0;
	/** Messages accepted. */
	published = 0;
	/** Messages refused, for want of room or after close. */
	refused = 0;
	/** Messages acknowledged by the broker, at QoS 2 to the end. */
	delivered = 0;
	/** Messages given up, ours and received ones: each was told to onDropped. */
	dropped = 0;
	/** Messages published without their properties, since the connection speaks 3.1.1. */
	propertiesOmitted = 0;
	/** Messages sent again after a reconnect. */
	resent = 0;
	/** Messages at QoS 2 sent anew because the broker had lost the session: a subscriber may get them twice. */
	uncertain = 0;
	/** Messages received whole. */
	received = 0;
	/** Messages at QoS 2 that came again, and were not delivered again. */
	duplicates = 0;
	/** Connections that ended because an answer was missing after replyTimeout. */
	timeouts = 0;
	/** Acknowledgements of something this client does not know. */
	strayAcknowledgements = 0;
}
