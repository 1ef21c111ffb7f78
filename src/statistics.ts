// What happened since construction, in numbers. Knows nothing; the Client counts.

export class Statistics {
	/** Attempts to connect. */
	attempts = 0;
	/** Connections the broker has accepted. */
	connects = 0;
	/** Connections that ended, by whomever. */
	disconnects = 0;
	/** Messages accepted by publish or end. */
	published = 0;
	/** Messages refused, for want of room in the pool or after close. */
	refused = 0;
	/** Messages acknowledged by the broker. */
	delivered = 0;
	/** Messages given up, ours and received ones: each was told to onDropped. */
	dropped = 0;
	/** Messages sent again after a reconnect. */
	resent = 0;
	/** Messages received whole. */
	received = 0;
	/** Acknowledgements of something this client does not know. */
	strayAcknowledgements = 0;
}
