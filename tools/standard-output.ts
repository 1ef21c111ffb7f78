// Standard output whose reader may be slow, or go away (`| head`). Knows the process's streams, no command.

import { Problem, textOf } from "./problem.js";

/** From here on a write that fails ends nothing by itself: what is half done is completed without a reader too. */
export function surviveClosedOutput(): void {
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/**
 * Calls `onEnd` when nothing more can be written: without a Problem when whoever read has seen enough. The function
 * returned ends that.
 */
export function watchOutput(onEnd: (problem: Problem | undefined) => void): () => void {
	const onError = (error: NodeJS.ErrnoException) =>
		onEnd(
			error.code === "EPIPE"
				? undefined
				: new Problem("the output cannot be written", textOf(error), "check where it goes to"),
		);
	process.stdout.on("error", onError);
	return () => void process.stdout.off("error", onError);
}

/** Resolves when a slow reader has everything, or has gone: exiting before would cut a line in two. */
export async function outputWritten(): Promise<void> {
	for (const stream of [process.stdout, process.stderr])
		await new Promise<void>((resolve) => stream.write("", () => resolve()));
}
