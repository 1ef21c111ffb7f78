// Authenticates client and broker to each other in AUTH packets (section 4.12). Knows shapes only.

import type { Reason } from "../wire/reason.js";

/** The data of the next AUTH, undefined for one without; or why the exchange cannot go on: the connection then ends. */
export type Answer = Uint8Array | Reason | undefined;

/**
 * A method of enhanced authentication: the option `authentication`. One for each Client, as it has one exchange at a time.
 * What it throws ends the connection, and then goes on to who called.
 */
export interface Authenticator {
	/** Its name: 1 to 65535 bytes of UTF-8. */
	readonly method: string;
	/** Starts an exchange, whatever became of the last one. Returns the data for CONNECT, or for AUTH on a live connection. */
	begin(): Uint8Array | undefined;
	/**
	 * The broker goes on, with AUTH. Calls `answer` once, at once or later. Meanwhile the time that the option
	 * connectTimeout grants runs on. Later calls of it do nothing, nor those for an exchange that has ended.
	 * @param data for it to keep
	 */
	respond(data: Uint8Array | undefined, answer: (answer: Answer) => void): void;
	/** The broker accepts. Returns why we do not accept the broker. @param data for it to keep */
	finish(data: Uint8Array | undefined): Reason | undefined;
	/** The exchange is over, well or not: what it needed can go. Called without one, too. */
	stop?(): void;
}
