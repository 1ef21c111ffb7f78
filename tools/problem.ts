// A failure as the user reads it: what failed, the likely cause, what to do. Knows exit statuses, nothing of commands.

export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;

export class Problem extends Error {
	readonly exitStatus: number;

	constructor(what: string, cause: string, advice: string, exitStatus = FAILED) {
		super(`${what}: ${cause}; ${advice}`);
		this.exitStatus = exitStatus;
	}
}

/** The command line cannot be understood: one line. */
export class UsageProblem extends Problem {
	constructor(what: string, cause: string, advice: string) {
		super(what, cause, advice, WRONG_USAGE);
	}
}

/** The text of whatever was thrown. An AggregateError of Node's sockets has a code only. */
export function textOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
