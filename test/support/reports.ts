// What a device has said so far, and waiting for what it says next.

export class Reports<T = unknown> {
	/** What `next` has not given away. */
	readonly waiting: T[] = [];
	/** Every report, in order. */
	readonly all: T[] = [];
	#wake: (() => void)[] = [];
	#ended = "";

	add(report: T): void {
		this.waiting.push(report);
		this.all.push(report);
		this.#tell();
	}

	/** Nothing more comes. */
	end(why: string): void {
		this.#ended = why;
		this.#tell();
	}

	/** Takes the first report that fits; what came before it stays. Rejects when the device ends without. */
	async next(accept: (report: T) => boolean = () => true): Promise<T> {
		for (;;) {
			const at = this.waiting.findIndex(accept);
			if (at >= 0) return this.waiting.splice(at, 1)[0];
			if (this.#ended) throw new Error(this.#ended);
			await new Promise<void>((wake) => this.#wake.push(wake));
		}
	}

	#tell(): void {
		for (const wake of this.#wake.splice(0)) wake();
	}
}
