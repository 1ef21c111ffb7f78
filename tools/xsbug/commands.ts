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

/** Restarts the board; for serial lines only. The machine must be logged in. */
export function restart(machine: string): Buffer {
	return Buffer.concat([Buffer.from(`\r\n<?xs#${machine}?>`, "latin1"), RESTART]);
}
