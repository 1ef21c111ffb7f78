// A promise with a time limit. Knows nothing else.

/** What `work` gives, or what `late` throws after so many milliseconds. `work` itself goes on unseen. */
export async function within<T>(
	milliseconds: number,
	work: Promise<T>,
	late: () => T | Promise<T>,
): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<"late">((resolve) => {
		timer = setTimeout(resolve, milliseconds, "late");
	});
	work.catch(() => {}); // too late to matter
	try {
		const first = await Promise.race([work.then((value) => ({ value })), limit]);
		return first === "late" ? await late() : first.value;
	} finally {
		clearTimeout(timer);
	}
}
