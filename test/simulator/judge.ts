// Whether an app keeps its promise, by the instruments of the debug stream: once it is connected, no slot, no chunk and
// no collection. Knows names and numbers.

export const SLOTS = "Slot used";
export const CHUNKS = "Chunk used";
export const COLLECTIONS = "Garbage collections";
const STACK = "Stack used";

export interface Verdict {
	/** Samples judged: about one a second. */
	samples: number;
	/** Bytes at the first of them, and how much more at the last. */
	slots: number;
	slotsGrowth: number;
	chunks: number;
	chunksGrowth: number;
	/** Sum over all samples. */
	collections: number;
	/** Bytes, the most of all samples. */
	stack: number;
	/** What is wrong, in words. */
	faults: string[];
}

/**
 * @param names of the instruments
 * @param samples since the app is connected and has settled, in order
 */
export function judge(names: readonly string[], samples: readonly (readonly number[])[]): Verdict {
	const column = (name: string): number[] => {
		const at = names.indexOf(name);
		return at < 0 ? [] : samples.map((sample) => sample[at]);
	};
	const slots = column(SLOTS);
	const chunks = column(CHUNKS);
	const collections = column(COLLECTIONS).reduce((sum, count) => sum + count, 0);
	const faults: string[] = [];
	if (samples.length < 2) faults.push(`only ${samples.length} samples came`);
	else if (slots.length === 0 || chunks.length === 0 || !names.includes(COLLECTIONS))
		faults.push(`no instruments "${SLOTS}", "${CHUNKS}", "${COLLECTIONS}"`);
	const growth = (values: number[]): number =>
		values.length === 0 ? 0 : values[values.length - 1] - values[0];
	const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);
	if (slots.length > 0 && spread(slots) > 0)
		faults.push(`slots are not flat: they move by ${spread(slots)} bytes`);
	if (chunks.length > 0 && spread(chunks) > 0)
		faults.push(`chunks are not flat: they move by ${spread(chunks)} bytes`);
	if (collections > 0) faults.push(`garbage was collected ${collections} times`);
	return {
		samples: samples.length,
		slots: slots[0] ?? Number.NaN,
		slotsGrowth: growth(slots),
		chunks: chunks[0] ?? Number.NaN,
		chunksGrowth: growth(chunks),
		collections,
		stack: Math.max(0, ...column(STACK)),
		faults,
	};
}
