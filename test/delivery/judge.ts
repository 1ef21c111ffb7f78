// Judges delivery from the wire log, the diaries of boards, and what an independent subscriber got. Knows MQTT,
// section 4 of 3.1.1 and of 5.0; no sockets, and nothing of how the client does it.
//
// What a board writes is known when it has come to the proxy. What it has read is not always known: bytes that were
// passed on may be lost when a connection is reset, or when the board gives it up. It has read what it answers, what its
// diary tells of, and all when it heard of the end of a connection that was closed in order. What it may have read and may not is held against it neither way.

import { ACCEPTED, CONNECTED, DELIVERED, DISCONNECTED, DROPPED, type Event, RECEIVED } from "./diary.js";
import type { Entry, Log } from "./log.js";
import { numberOf, topicOf } from "./messages.js";

/** A board from power on to power off. */
export interface Life {
	/** As its CONNECT says. */
	life: number;
	/** Number of its first message. */
	first: number;
	diary: Event[];
	/** Its plug was pulled: the end of the diary is missing. */
	unplugged: boolean;
}

/** A message at the subscriber. */
export interface Arrival {
	text: string;
	dup: boolean;
	at: number;
}

export interface Evidence {
	qos: 1 | 2;
	window: number;
	/** What the board publishes is below the one, what it receives on the other. */
	out: string;
	in: string;
	log: Log;
	/** In their order. */
	lives: Life[];
	arrivals: Arrival[];
	/** When messages 1, 2, 3 ... to the board were published. */
	sent: number[];
}

export type Rule =
	/** Every packet is one. */
	| "malformed"
	/** Numbers are accepted one after the other; nothing else is sent. */
	| "accepted"
	/** PUBLISHes of a connection in the order of acceptance, none twice (section 4.6). */
	| "order"
	/** On a new connection all that is unacknowledged goes again before anything later does (section 4.4). */
	| "skipped"
	/** DUP on what was sent before in this session, and on nothing else (section 3.3.1.1). */
	| "dup"
	/** A packet identifier belongs to one message until that is done (section 2.3.1). */
	| "identifier"
	/** A PUBLISH is not sent again after PUBACK or PUBCOMP, or a PUBREC that refuses it (5.0, section 4.4). */
	| "acknowledged"
	/** Nor after PUBREC (section 4.3.3). */
	| "after PUBREC"
	/** Unacknowledged messages are never more than the window. */
	| "window"
	/** Nor are those that were sent on this connection more than the broker's Receive Maximum (5.0, section 4.9). */
	| "receive maximum"
	/** PUBREL answers PUBREC only ... */
	| "PUBREL"
	/** ... in its order (section 4.6). */
	| "PUBREL order"
	/** What is held is sent anew in a new session, PUBRELs are given up (design). */
	| "session"
	/** PUBACK, PUBREC and PUBCOMP answer, in the order of what they answer (section 4.6). */
	| "answers"
	/** The app hears what the wire says: every delivery, every refusal and every message, once, in order. */
	| "told"
	/** What is accepted is delivered in the end. */
	| "undelivered"
	/** At the subscriber: nothing is missing, nothing comes twice, out of order, or from nowhere. */
	| "lost"
	| "twice"
	| "arrival order"
	| "invented"
	/** At the board: the same. */
	| "inbound lost"
	| "inbound twice";

export interface Violation {
	rule: Rule;
	/** A place in the log's order. */
	at: number;
	text: string;
}

/** All that is wrong. */
export function judge(evidence: Evidence): Violation[] {
	const violations: Violation[] = [];
	const report: Report = (rule, at, text) => violations.push({ rule, at, text });
	const { log, lives } = evidence;
	for (const { connection, from, at, text } of log.malformed)
		report("malformed", at, `connection ${connection}: the ${from} sent ${text}`);
	const boards = new Map(lives.map((life) => [life.life, new Board(evidence, life, report)]));
	for (const [connection, entries] of log.byConnection()) {
		const connect = entries.find(({ cmd }) => cmd === "connect");
		if (connect === undefined) continue;
		const [life, attempt] = connect.text.split(":").map(Number);
		boards.get(life)!.walk(connection, attempt, entries);
	}
	for (const board of boards.values()) board.end();
	judgeOutbound(evidence, [...boards.values()], report);
	judgeInbound(evidence, report);
	return violations;
}

type Report = (rule: Rule, at: number, text: string) => void;

/** A message of the board that was sent and is not done. */
interface Open {
	number: number;
	id: number;
	/** The connection on which it was sent last. */
	on: number;
	/** What the board may hold of it: the PUBLISH, the PUBREL. Both when it is not known. */
	publish: boolean;
	release: boolean;
}

/** What the board told while connected, numbers of messages in place of identifiers. */
interface Chapter {
	present: boolean;
	/** The last message accepted before the connection before this one ended: later ones cannot have been sent on it. */
	acceptedBefore: number;
	told: { what: number; number: number }[];
	dropped: Set<number>;
}

/** A life of the board, and what it must hold according to the wire. */
class Board {
	readonly life: Life;
	readonly accepted = new Map<number, number>();
	/** Messages given up because the session was lost, or because the broker refused them. */
	readonly dropped = new Set<number>();
	/** Messages that were sent in one session and then in another. */
	readonly anew = new Set<number>();
	private readonly evidence: Evidence;
	private readonly report: Report;
	private readonly chapters = new Map<number, Chapter>();
	private readonly delivered = new Set<number>();
	/** Attempts whose end the board heard of. */
	private readonly heardEnd = new Set<number>();
	private lastAttempt = 0;
	private open: Open[] = [];
	/** The last message that was seen on the wire. */
	private highest: number;
	/** Inbound QoS 2 identifiers that the board holds; false when it may have released them. */
	private unreleased = new Map<number, boolean>();
	private unanswered = 0;
	private last = 0;

	constructor(evidence: Evidence, life: Life, report: Report) {
		this.evidence = evidence;
		this.life = life;
		this.report = report;
		this.highest = life.first - 1;
		this.read();
	}

	/** The diary by itself. */
	private read(): void {
		const { life, report } = this;
		const holder = new Map<number, number>();
		let chapter: Chapter | undefined;
		let accepted = life.first - 1;
		let acceptedBefore = accepted;
		let online = false;
		let dropped = new Set<number>();
		for (const { what, a, b } of life.diary) {
			const number = holder.get(a) ?? Number.NaN;
			if (what === ACCEPTED) {
				if (a !== ++accepted) report("accepted", 0, `${a} was accepted where ${accepted} was due`);
				if (holder.has(b)) report("identifier", 0, `${a} got identifier ${b}, which ${holder.get(b)} has`);
				holder.set(b, a);
				this.accepted.set(a, b);
			} else if (what === DELIVERED || what === DROPPED) {
				holder.delete(a);
				(what === DELIVERED ? this.delivered : this.dropped).add(number);
				if (what === DELIVERED || b >= 0x80) chapter?.told.push({ what, number });
				else {
					dropped.add(number);
					if (b !== 1) report("undelivered", 0, `${number} was given up`);
				}
			} else if (what === CONNECTED) {
				chapter = { present: b === 1, acceptedBefore, told: [], dropped };
				online = true;
				this.lastAttempt = a;
				this.chapters.set(a, chapter);
			} else if (what === DISCONNECTED) {
				if (online) acceptedBefore = accepted;
				online = false;
				if (b === 1) this.heardEnd.add(a);
				dropped = new Set();
			} else if (what === RECEIVED) chapter?.told.push({ what, number: a });
		}
		if (life.unplugged) return;
		for (const number of this.accepted.keys())
			if (!this.delivered.has(number) && !this.dropped.has(number))
				report("undelivered", 0, `${number} was accepted, and neither delivered nor given up`);
	}

	/** What the wire says of one connection. */
	walk(connection: number, attempt: number, entries: Entry[]): void {
		const { evidence, life, report } = this;
		const { log, qos, window } = evidence;
		const chapter = this.chapters.get(attempt);
		const told = chapter?.told ?? [];
		const complete = !life.unplugged || attempt < this.lastAttempt;
		const steps = entries
			.map((entry) => ({ entry, at: entry.from === "board" ? entry.received : entry.passed }))
			.filter(({ at }) => at < Infinity)
			.sort((one, other) => one.at - other.at);
		const readWhole = log.closedAfterUs.has(connection) && this.heardEnd.has(attempt);
		const lastRead = readWhole ? Infinity : lastAnswered(steps);

		let matched = 0;
		let reads = true;
		let lastSent = 0;
		let present: boolean | undefined;
		let receiveMaximum = Infinity;
		const asked = new Set<number>();
		const answers: Record<string, number[]> = { puback: [], pubrec: [], pubcomp: [] };
		const before = this.open.filter(({ release }) => release);
		/** PUBRELs that are to be sent, and have not been. */
		const due: { id: number; message?: Open }[] = before.map((message) => ({ id: message.id, message }));

		/** Whether the board has read this for sure. */
		const isRead = (at: number) => at <= lastRead || matched < told.length;
		/** The app must have heard of this, if the board has read it. */
		const hear = (at: number, what: number, number: number): boolean => {
			const next = told[matched];
			if (next?.what === what && next.number === number) {
				matched++;
				return true;
			}
			// The rest of the diary went with the power.
			if (next === undefined && !complete) return true;
			reads = false;
			const name = nameOf(what);
			if (next !== undefined)
				report("told", at, `${name} of ${number} was due, and ${next.number} (${next.what}) was told`);
			else if (isRead(at)) report("told", at, `${name} of ${number} was not told`);
			return false;
		};
		const done = (message: Open) => {
			this.open = this.open.filter((other) => other !== message);
		};

		const publish = ({ id, dup, topic, text, received: at }: Entry) => {
			const number = numberOf(text);
			if (Number.isNaN(number) || number < life.first || topic !== topicOf(evidence.out, number))
				return report("accepted", at, `PUBLISH of "${text.slice(0, 12)}" to "${topic}"`);
			if (!this.accepted.has(number)) {
				if (!life.unplugged) return report("accepted", at, `PUBLISH of ${number}, which was not accepted`);
			} else if (this.accepted.get(number) !== id)
				report("identifier", at, `${number} has ${this.accepted.get(number)}, and is sent with ${id}`);
			if (number <= lastSent)
				report("order", at, `PUBLISH of ${number} after that of ${lastSent}, on connection ${connection}`);
			lastSent = Math.max(number, lastSent);

			for (const other of this.open) {
				if (other.number >= number) break;
				if (other.on === connection) continue;
				if (other.publish && !other.release)
					report("skipped", at, `PUBLISH of ${number}, and ${other.number} has not been sent again`);
				// It can be held as PUBREL only, then.
				other.publish = false;
				if (before.includes(other) && due.some(({ message }) => message === other))
					report(
						"skipped",
						at,
						`PUBLISH of ${number}, and PUBREL of ${other.number} has not been sent again`,
					);
			}
			let message = this.open.find((open) => open.number === number);
			const again = number <= this.highest;
			if (again) {
				if (message === undefined) return report("acknowledged", at, `PUBLISH of ${number} again`);
				if (!message.publish) report("after PUBREC", at, `PUBLISH of ${number} again`);
				if (message.id !== id) report("identifier", at, `${number} had ${message.id}, now ${id}`);
				if (dup !== present) report("dup", at, `PUBLISH of ${number} again, DUP ${dup}, session ${present}`);
				if (present === false) this.anew.add(number);
				message.on = connection;
				message.publish = true;
				message.release = false;
				const stale = due.findIndex((release) => release.message === message);
				if (stale >= 0) due.splice(stale, 1); // its PUBREC was not read, then
			} else {
				if (number > this.highest + 1)
					report("skipped", at, `PUBLISH of ${number}, and ${this.highest + 1} was never sent`);
				// It may have been sent and not have come to us.
				const possible = present === true && number <= (chapter?.acceptedBefore ?? Infinity);
				if (dup && !possible) report("dup", at, `the first PUBLISH of ${number} has DUP`);
				message = { number, id, on: connection, publish: true, release: false };
				this.open.push(message);
				this.highest = number;
			}
			const other = this.open.find((open) => open !== message && open.id === id);
			if (other !== undefined) report("identifier", at, `${number} has ${id}, as ${other.number} has`);
			if (asked.has(id)) report("identifier", at, `${number} has ${id}, as a SUBSCRIBE has`);
			const inFlight = this.open.filter((open) => open.on === connection || !open.publish).length;
			if (inFlight > window) report("window", at, `${inFlight} are unacknowledged with PUBLISH of ${number}`);
			const sent = this.open.filter((open) => open.on === connection).length;
			if (sent > receiveMaximum)
				report(
					"receive maximum",
					at,
					`${sent} of ${receiveMaximum} are unacknowledged with PUBLISH of ${number}`,
				);
		};

		const release = (id: number, at: number) => {
			for (;;) {
				const next = due.shift();
				if (next === undefined) return report("PUBREL", at, `PUBREL ${id} without PUBREC`);
				const { message } = next;
				if (message !== undefined && !message.release) continue; // it was not read, then
				if (next.id === id) {
					if (message !== undefined) message.publish = false;
					return;
				}
				if (message?.publish) {
					message.release = false;
					continue;
				}
				if (due.every((later) => later.id !== id)) report("PUBREL", at, `PUBREL ${id} without PUBREC`);
				else report("PUBREL order", at, `PUBREL ${id} where ${next.id} was due`);
				return;
			}
		};

		const upward = (entry: Entry) => {
			const { cmd, id, received: at } = entry;
			if (cmd === "publish") {
				if (present === undefined) report("order", at, "PUBLISH before CONNACK");
				publish(entry);
			} else if (cmd === "pubrel") release(id, at);
			else if (cmd in answers) {
				const expected = answers[cmd].shift();
				if (expected !== id) report("answers", at, `${cmd} ${id} where ${expected ?? "none"} was due`);
			} else if (cmd === "subscribe") {
				if (this.open.some((open) => open.id === id))
					report("identifier", at, `SUBSCRIBE has ${id}, as a message has`);
				asked.add(id);
			}
		};

		const downward = ({ cmd, id, text, qos: level, passed: at, code = 0, ...entry }: Entry) => {
			if (cmd === "connack" && text !== "refused") {
				present = text === "session";
				receiveMaximum = entry.receiveMaximum ?? Infinity;
				if (chapter === undefined) {
					reads = !complete;
					if (complete && isRead(at)) report("told", at, "CONNACK was not told");
				} else {
					if (chapter.present !== present)
						report("told", at, `session present was told as ${chapter.present}`);
					if (!present) this.loseSession(chapter, at, due);
				}
			} else if (cmd === "suback") asked.delete(id);
			else if (cmd === "publish") {
				if (level === 2) answers.pubrec.push(id);
				else answers.puback.push(id);
				const number = numberOf(text);
				const held = level === 2 ? this.unreleased.get(id) : undefined;
				if (held === true) return;
				if (held === false && !(told[matched]?.what === RECEIVED && told[matched].number === number)) return;
				if (hear(at, RECEIVED, number) && level === 2) this.unreleased.set(id, true);
			} else if (cmd === "pubrel") {
				answers.pubcomp.push(id);
				if (isRead(at)) this.unreleased.delete(id);
				else if (this.unreleased.has(id)) this.unreleased.set(id, false);
			} else if (code >= REFUSED && (cmd === "puback" || cmd === "pubrec")) {
				const message = this.open.find((open) => open.id === id && open.on === connection && !open.release);
				if (message !== undefined && hear(at, DROPPED, message.number)) done(message);
			} else if (cmd === "puback" || cmd === "pubcomp") {
				const message = this.open.find(
					(open) => open.id === id && (cmd === "puback" ? qos === 1 && open.on === connection : open.release),
				);
				if (message !== undefined && hear(at, DELIVERED, message.number)) done(message);
			} else if (cmd === "pubrec" && qos === 2) {
				const message = this.open.find((open) => open.id === id && (open.on === connection || open.release));
				if (message !== undefined) {
					message.release = true;
					if (isRead(at)) message.publish = false;
				}
				due.push({ id, message });
			}
		};

		for (const { entry } of steps) {
			if (entry.from === "board") upward(entry);
			else if (reads) downward(entry);
		}
		if (matched < told.length) {
			const { what, number } = told[matched];
			const name = nameOf(what);
			report("told", steps.at(-1)!.at, `${name} of ${number} was told, and the wire does not say so`);
		}
		this.last = steps.at(-1)?.at ?? 0;
		this.unanswered = Object.values(answers).reduce((sum, list) => sum + list.length, 0);
	}

	/** The broker has no session: PUBRELs are given up, PUBLISHes are new. */
	private loseSession(chapter: Chapter, at: number, due: unknown[]): void {
		const { report } = this;
		due.length = 0;
		this.unreleased.clear();
		this.open = this.open.filter((message) => {
			const { number } = message;
			const gone = chapter.dropped.has(number);
			if (gone && !message.release) report("session", at, `${number} was given up before its PUBREC`);
			if (!gone && !message.publish) report("session", at, `PUBREL of ${number} was not given up`);
			message.publish = true;
			message.release = false;
			return !gone;
		});
	}

	/** After the last connection. */
	end(): void {
		const { life, report, last } = this;
		if (life.unplugged) return;
		for (const { number } of this.open) report("undelivered", last, `${number} is unacknowledged`);
		for (const number of this.accepted.keys())
			if (number > this.highest) report("undelivered", last, `${number} was never sent`);
		if (this.unanswered > 0) report("answers", last, `${this.unanswered} packets were never answered`);
	}
}

/** Reason codes from here on are failures (MQTT 5.0, section 2.4). */
const REFUSED = 0x80;

const nameOf = (what: number) =>
	what === RECEIVED ? "reception" : what === DELIVERED ? "delivery" : "refusal";

/** The last packet of the broker that the board has answered, or the CONNACK when it went on to anything else. */
function lastAnswered(steps: { entry: Entry; at: number }[]): number {
	const messages: number[] = [];
	const releases: number[] = [];
	const receipts = new Map<number, number>();
	let last = 0;
	let connack = 0;
	for (const { entry, at } of steps) {
		const { from, cmd, id, code = 0 } = entry;
		if (from === "broker") {
			if (cmd === "connack") connack = at;
			else if (cmd === "publish") messages.push(at);
			else if (cmd === "pubrel") releases.push(at);
			else if (cmd === "pubrec" && code < REFUSED) receipts.set(id, at);
			continue;
		}
		const answered =
			cmd === "connect"
				? 0
				: cmd === "puback" || cmd === "pubrec"
					? messages.shift()
					: cmd === "pubcomp"
						? releases.shift()
						: cmd === "pubrel"
							? receipts.get(id)
							: connack;
		last = Math.max(last, answered ?? connack);
	}
	return last;
}

/** What the subscriber got, against what was accepted and what reached the broker. */
function judgeOutbound({ qos, log, lives, arrivals }: Evidence, boards: Board[], report: Report): void {
	const { passes, acknowledged } = brokersView(log);
	const killed = log.incidents.filter(({ what }) => what === "killed").map(({ at }) => at);
	const came = new Map<number, Arrival[]>();
	for (const arrival of arrivals) {
		const number = numberOf(arrival.text);
		const list = came.get(number);
		if (list === undefined) came.set(number, [arrival]);
		else list.push(arrival);
		if (!passes.has(number))
			report(
				"invented",
				arrival.at,
				`"${arrival.text.slice(0, 12)}" came, and no PUBLISH of it has reached the broker`,
			);
	}
	for (const { life, accepted, dropped } of boards) {
		const due = life.unplugged
			? [...acknowledged].filter((number) => belongs(number, life, lives))
			: accepted.keys();
		for (const number of due) {
			if (came.has(number) || dropped.has(number)) continue;
			const [first = Infinity] = passes.get(number) ?? [];
			if (!acknowledged.has(number)) report("lost", 0, `${number} did not come, and was not acknowledged`);
			else if (!killed.some((at) => at > first)) report("lost", first, `${number} did not come`);
		}
	}
	for (const [number, list] of came) {
		const sent = passes.get(number);
		if (sent === undefined) continue;
		const last = list.at(-1)!.at;
		if (killed.some((at) => at > sent[0] && at < last)) continue;
		if (qos === 2) {
			const anew = boards.some((board) => board.anew.has(number));
			if (list.length > (anew ? sent.length : 1))
				report("twice", last, `${number} came ${list.length} times`);
		} else {
			// With DUP it is the broker that said it again.
			const fresh = list.filter(({ dup }) => !dup).length;
			if (fresh > sent.length)
				report("twice", last, `${number} came ${fresh} times, and was sent ${sent.length} times`);
		}
	}
	if (killed.length > 0) return;
	for (const life of lives) {
		let before = 0;
		for (const [number, [{ at }]] of came) {
			if (!belongs(number, life, lives)) continue;
			if (number < before) report("arrival order", at, `${number} came first after ${before}`);
			before = Math.max(before, number);
		}
	}
}

function belongs(number: number, life: Life, lives: Life[]): boolean {
	const next = lives.find(({ first }) => first > life.first)?.first ?? Infinity;
	return number >= life.first && number < next;
}

/** When PUBLISHes of each number reached the broker, and which it has acknowledged. */
function brokersView(log: Log) {
	const passes = new Map<number, number[]>();
	const acknowledged = new Set<number>();
	const holder = new Map<number, number>();
	const steps = log.entries
		.map((entry) => ({ entry, at: entry.from === "board" ? entry.passed : entry.received }))
		.filter(({ at }) => at < Infinity)
		.sort((one, other) => one.at - other.at);
	for (const { entry, at } of steps) {
		const { from, cmd, id, text, code = 0 } = entry;
		if (from === "board" && cmd === "publish") {
			const number = numberOf(text);
			holder.set(id, number);
			const list = passes.get(number);
			if (list === undefined) passes.set(number, [at]);
			else list.push(at);
		} else if (
			from === "broker" &&
			code < REFUSED &&
			(cmd === "puback" || cmd === "pubcomp") &&
			holder.has(id)
		)
			acknowledged.add(holder.get(id)!);
	}
	return { passes, acknowledged };
}

/** What the handlers of the boards got, against what was published to them. */
function judgeInbound({ qos, log, lives, in: topic, sent }: Evidence, report: Report): void {
	const handled = new Map<number, number>();
	for (const { diary } of lives)
		for (const { what, a } of diary) if (what === RECEIVED) handled.set(a, (handled.get(a) ?? 0) + 1);
	const { shown, untold, again } = boardsView(log, lives, topic);
	// What was published before the broker forgot, or had no subscription yet again, it may have lost, or sent twice.
	const excused = Math.max(0, ...log.incidents.map(({ at }) => subscribedAgain(log, at)));
	// And then it may use an identifier anew that the board has not seen released: the board takes it for a repeat.
	const confused = log.incidents.length > 0;
	sent.forEach((at, index) => {
		const number = index + 1;
		const count = handled.get(number) ?? 0;
		if (at < excused) return;
		if (count === 0 && !untold.has(number) && !(confused && shown.has(number)))
			report("inbound lost", at, `${number} was not received, and the broker ${offered(log, topic, number)}`);
		else if (qos === 2 && count > 1 + (again.get(number) ?? 0))
			report("inbound twice", at, `${number} was received ${count} times`);
	});
	for (const number of handled.keys())
		if (!(number >= 1 && number <= sent.length))
			report("told", 0, `reception of ${number}, which nobody published`);
}

/** What the broker did to deliver it. */
function offered({ entries }: Log, topic: string, number: number): string {
	const sent = entries.filter(
		({ from, ...it }) => from === "broker" && it.topic === topic && numberOf(it.text) === number,
	);
	if (sent.length === 0) return "never sent it";
	return `sent it on ${sent.map(({ connection, passed }) => `${connection}${passed === Infinity ? " (not passed on)" : ""}`).join()}`;
}

/** When a broker has the board's subscription that may have lost it: at once, or with SUBACK if it has no session. */
function subscribedAgain({ entries }: Log, at: number): number {
	const later = entries.filter(({ from, received }) => from === "broker" && received > at);
	if (later.find(({ cmd }) => cmd === "connack")?.text !== "none") return at;
	return later.find(({ cmd }) => cmd === "suback")?.received ?? Infinity;
}

/**
 * Which messages reached a board; which of them one that lost its power before it could tell; and for how many such
 * boards they had to come again, because these had not answered.
 */
function boardsView(log: Log, lives: Life[], topic: string) {
	const shown = new Set<number>();
	const untold = new Set<number>();
	const again = new Map<number, number>();
	const unplugged = new Map(lives.map(({ life, unplugged }) => [life, unplugged]));
	const answered = new Map<number, Map<number, boolean>>();
	for (const entries of log.byConnection().values()) {
		const life = Number.parseInt(entries.find(({ cmd }) => cmd === "connect")?.text ?? "", 10);
		const answers = answered.get(life) ?? new Map<number, boolean>();
		answered.set(life, answers);
		const holder = new Map<number, number>();
		for (const { from, cmd, id, topic: name, text, passed } of entries) {
			if (passed === Infinity) continue;
			if (from === "broker" && cmd === "publish" && name === topic) {
				const number = numberOf(text);
				shown.add(number);
				holder.set(id, number);
				if (!answers.has(number)) answers.set(number, false);
			} else if (from === "board" && (cmd === "puback" || cmd === "pubrec") && holder.has(id))
				answers.set(holder.get(id)!, true);
		}
	}
	for (const [life, answers] of answered) {
		if (!unplugged.get(life)) continue;
		for (const [number, isAnswered] of answers) {
			untold.add(number);
			if (!isAnswered) again.set(number, (again.get(number) ?? 0) + 1);
		}
	}
	return { shown, untold, again };
}
