// What happened in a trial, in numbers, for people. Judges nothing.

import { ACCEPTED, DELIVERED, DROPPED, RECEIVED } from "./diary.js";
import type { Evidence } from "./judge.js";

export function figures({ lives, log, arrivals, sent }: Evidence): string {
	const told = (wanted: number) =>
		lives.reduce((sum, { diary }) => sum + diary.filter(({ what }) => what === wanted).length, 0);
	const board = log.entries.filter(({ from }) => from === "board");
	const count = (cmd: string) => board.filter((entry) => entry.cmd === cmd).length;
	const came = new Set(arrivals.map(({ text }) => text)).size;
	return [
		`${told(ACCEPTED)} accepted, ${told(DELIVERED)} delivered, ${told(DROPPED)} given up`,
		`${count("connect")} connections, ${count("publish")} PUBLISHes, ${board.filter(({ dup }) => dup).length} with DUP`,
		`${came} came to the subscriber, ${arrivals.length - came} of them again`,
		`${sent.length} to the board, ${told(RECEIVED)} received`,
	].join("; ");
}
