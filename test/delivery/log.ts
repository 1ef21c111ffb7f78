// What passed between boards and a broker, in the order in which it was seen. Knows packets by what is said of them.

export type Side = "board" | "broker";

/** A packet that its sender wrote whole. */
export interface Entry {
	/** From 1, in the order in which they were opened. */
	connection: number;
	from: Side;
	cmd: string;
	/** Packet identifier, 0 without. */
	id: number;
	qos: number;
	dup: boolean;
	topic: string;
	/** Of a PUBLISH; of a CONNECT its password; of a CONNACK "session", "none" or "refused". */
	text: string;
	/** Reason code (MQTT 5.0). Not set: 0. */
	code?: number;
	/** Of a CONNACK: the broker's Receive Maximum (MQTT 5.0). Not set: there is none. */
	receiveMaximum?: number;
	/** When its last byte came from its sender: a place in the order of all that happened. */
	received: number;
	/** When its last byte went on to the other side; Infinity when it never did. */
	passed: number;
}

/** What befell the broker. */
export interface Incident {
	/** "killed": without a chance to save. "forgotten": it has lost the board's session. */
	what: "killed" | "forgotten";
	at: number;
}

export class Log {
	readonly entries: Entry[] = [];
	/** Connections that the board closed in order after we did. */
	readonly closedAfterUs = new Set<number>();
	readonly incidents: Incident[] = [];
	/** What is no packet. */
	readonly malformed: { connection: number; from: Side; at: number; text: string }[] = [];
	private last = 0;

	/** The next place in the order. */
	place(): number {
		return ++this.last;
	}

	/** The entries of each connection, in the order in which they were received. */
	byConnection(): Map<number, Entry[]> {
		const connections = new Map<number, Entry[]>();
		for (const entry of this.entries) {
			const list = connections.get(entry.connection);
			if (list === undefined) connections.set(entry.connection, [entry]);
			else list.push(entry);
		}
		return connections;
	}
}

/** For people: some entries around a place. */
export function excerpt(log: Log, at: number, many = 24): string {
	const lines: { at: number; line: string }[] = log.incidents.map(({ what, at }) => ({ at, line: what }));
	for (const { connection, from, cmd, id, dup, text, code, received, passed } of log.entries) {
		const words = `${cmd} ${id || ""}${dup ? " DUP" : ""}${code ? ` 0x${code.toString(16)}` : ""}`;
		const what = `${connection} ${from}: ${words} ${text.slice(0, 12)}`;
		lines.push({ at: received, line: `${what}${passed === Infinity ? " (never passed on)" : ""}` });
	}
	lines.sort((one, other) => one.at - other.at);
	const middle = lines.findIndex((line) => line.at >= at);
	return lines
		.slice(Math.max(0, middle - many), middle + 6)
		.map(({ at, line }) => `${at}\t${line}`)
		.join("\n");
}
