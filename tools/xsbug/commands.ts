// What is told to a machine, as bytes. Knows the protocol's commands and their frames.

export const GO = "<go/>";

/** Stops at exceptions. It comes before the <go/>, which ends the machine's waiting at login. */
export const BREAK_ON_EXCEPTIONS =
	'<set-all-breakpoints><breakpoint path="exceptions" line="0" id="@0"/></set-all-breakpoints>';

const RESTART = Buffer.from([0, 1, 1]); // length, command

/** `machine`: its tag on a serial line, "" in a bare stream. */
export function command(machine: string, xml: string): Buffer {
	const tag = machine === "" ? "" : `\r\n<?xs.${machine}?>`;
	return Buffer.from(`${tag}\r\n${xml}\r\n`, "latin1");
}

/** Sets the board's clock, as Moddable's own tools do at login; for serial lines only. */
export function setClock(machine: string, now: Date): Buffer {
	const offsetOf = (month: number) => -60 * new Date(now.getFullYear(), month).getTimezoneOffset();
	const offset = -60 * now.getTimezoneOffset();
	const winter = Math.min(offsetOf(0), offsetOf(6));
	const bytes = Buffer.alloc(17);
	bytes.writeUInt16BE(15); // length
	bytes[2] = 9; // command; two bytes for whoever wants an answer
	bytes.writeUInt32BE(Math.floor(now.getTime() / 1000), 5);
	bytes.writeInt32BE(winter, 9);
	bytes.writeInt32BE(offset - winter, 13); // daylight saving
	return Buffer.concat([Buffer.from(`\r\n<?xs#${machine}?>`, "latin1"), bytes]);
}

/** Restarts the board; for serial lines only. The machine must be logged in. */
export function restart(machine: string): Buffer {
	return Buffer.concat([Buffer.from(`\r\n<?xs#${machine}?>`, "latin1"), RESTART]);
}
