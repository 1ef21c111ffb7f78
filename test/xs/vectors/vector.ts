// One thing to check, in any engine. No Node and no jest below this folder: XS runs it too.

export interface Vector {
	/** Says what is so. */
	name: string;
	wanted: string;
	/** What is in fact so. */
	run(): string;
}

export interface Failure {
	name: string;
	wanted: string;
	got: string;
}

/** What a vector gives; an exception is an answer too. */
export function answer(vector: Vector): string {
	try {
		return vector.run();
	} catch (error) {
		return `threw ${error}`;
	}
}

/** Those that fail, by name. */
export function failures(vectors: readonly Vector[]): Failure[] {
	const failed: Failure[] = [];
	for (const vector of vectors) {
		const got = answer(vector);
		if (got !== vector.wanted) failed.push({ name: vector.name, wanted: vector.wanted, got });
	}
	return failed;
}

/** A vector for a call that has to throw `type` with a message that has `part`. */
export function throws(name: string, type: string, part: string, call: () => unknown): Vector {
	const wanted = `${type}: …${part}…`;
	return {
		name,
		wanted,
		run() {
			try {
				return `returned ${call()}`;
			} catch (error) {
				const { name, message } = error as Error;
				return name === type && message.includes(part) ? wanted : `${name}: ${message}`;
			}
		},
	};
}
