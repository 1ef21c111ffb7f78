// Topic names that the broker replaces by a number on the current connection (section 3.3.2.3.4), in fixed memory.

const enum State {
	/** Never set. */
	UNSET = -1,
	/** Set to a topic name that is longer than can be kept. */
	TOO_LONG = 0,
}

export class InboundAliases {
	private readonly words: Float64Array;
	/** Bytes of each topic name, or one of State. */
	private readonly lengths: Int32Array;
	/** Words of a topic name at most. */
	private readonly size: number;

	/**
	 * @param count how many there may be
	 * @param topicSize bytes of a topic name at most, a multiple of 8
	 */
	constructor(count: number, topicSize: number) {
		this.size = topicSize >> 3;
		this.words = new Float64Array(count * this.size);
		this.lengths = new Int32Array(count);
		this.clear();
	}

	/** A new connection begins with none. */
	clear(): void {
		for (let i = 0; i < this.lengths.length; i++) this.lengths[i] = State.UNSET;
	}

	/** Whether the broker may use this alias. */
	allows(alias: number): boolean {
		return alias <= this.lengths.length;
	}

	/** Sets an alias to the `length` bytes in `topic`, eight at a time. 0: the topic name was too long. */
	set(alias: number, topic: Float64Array, length: number): void {
		const { words } = this;
		let to = this.from(alias);
		this.lengths[alias - 1] = length;
		for (let i = 0; i << 3 < length; i++) words[to++] = topic[i];
	}

	/** Bytes of the topic name; 0: it was too long; below: there is none. */
	lengthOf(alias: number): number {
		return this.lengths[alias - 1];
	}

	/** Puts the topic name at the front of `topic`. */
	get(alias: number, topic: Float64Array): void {
		const { words } = this;
		const length = this.lengths[alias - 1];
		for (let i = 0, from = this.from(alias); i << 3 < length; i++) topic[i] = words[from++];
	}

	private from(alias: number): number {
		return (alias - 1) * this.size;
	}
}
