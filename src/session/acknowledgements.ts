// Acknowledgements that wait for room in the socket: a fixed ring. Knows no socket.

export class Acknowledgements {
	/** How many wait. */
	count = 0;
	readonly #ring: Int32Array;
	#first = 0;

	constructor(capacity: number) {
		this.#ring = new Int32Array(capacity);
	}

	/** When full, decoding has to stop until it drains. */
	get full(): boolean {
		return this.count === this.#ring.length;
	}

	/** The oldest: its first byte, then its packet identifier in the low 16 bits. */
	get first(): number {
		return this.#ring[this.#first];
	}

	add(first: number, id: number): void {
		const ring = this.#ring;
		ring[(this.#first + this.count++) % ring.length] = (first << 16) | id;
	}

	removeFirst(): void {
		this.count--;
		if (++this.#first === this.#ring.length) this.#first = 0;
	}

	clear(): void {
		this.count = 0;
	}
}
