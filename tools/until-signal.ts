// Work that Ctrl-C may end. Knows signals.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal aborts `work`, which then tells how things were left; the second one ends the process. */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const abort = new AbortController();
	const onSignal = () => {
		release();
		abort.abort();
	};
	const release = () => {
		for (const name of SIGNALS) process.off(name, onSignal);
	};
	for (const name of SIGNALS) process.on(name, onSignal);
	try {
		return await work(abort.signal);
	} finally {
		release();
	}
}
