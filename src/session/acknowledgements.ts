// Acknowledgements that wait for room in the socket: a fixed ring. Knows no socket.

export class Acknowledgements {
	/** How many wait. */
	count = 0;
	/** No more can wait: decoding has to stop until some are sent. */
	full = false;
	private readonly ring: Int32Array;
	private head = 0;

	/** @param ring room for as many as may wait */
	constructor(ring: Int32Array) {
		this.ring = ring;
	}

	/** The oldest: its first byte, then its packet identifier in the low 16 bits. */
	get first(): number {
		return this.ring[this.head];
	}

	add(first: number, id: number): void {
		const ring = this.ring;
		ring[(this.head + this.count++) % ring.length] = (first << 16) | id;
		this.full = this.count === ring.length;
	}

	removeFirst(): void {
		this.count--;
		this.full = false;
		if (++this.head === this.ring.length) this.head = 0;
	}

	clear(): void {
		this.count = 0;
		this.full = false;
	}
}
