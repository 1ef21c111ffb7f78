// The judge of delivery itself: logs made by hand that are right, and for each rule some that break it, and nothing else.

import { ACCEPTED, CONNECTED, DELIVERED, DISCONNECTED, DROPPED, RECEIVED } from "./diary.js";
import { type Evidence, judge, type Rule } from "./judge.js";
import { type Entry, Log } from "./log.js";
import { payloadOf, topicOf } from "./messages.js";

/** Message n of the board has this packet identifier. */
const idOf = (number: number) => 100 + number;

/** Evidence, told one step after the other. Calls return the story. */
class Story {
	readonly evidence: Evidence;
	private readonly log = new Log();
	private connection = 0;
	private attempt = 0;

	constructor(qos: 1 | 2) {
		const life = { life: 1, first: 1, diary: [], unplugged: false };
		this.evidence = {
			...{ qos, window: 2, out: "out", in: "in", log: this.log },
			...{ lives: [life], arrivals: [], sent: [] },
		};
	}

	get rules(): Rule[] {
		return judge(this.evidence).map(({ rule }) => rule);
	}

	/** A packet on the wire that passes, or, `passed` being false, does not. */
	packet(from: Entry["from"], cmd: string, id = 0, more: Partial<Entry> = {}, passed = true): this {
		const { connection, log } = this;
		const received = log.place();
		const entry = { connection, from, cmd, id, qos: 0, dup: false, topic: "", text: "", received };
		log.entries.push({ ...entry, passed: passed ? log.place() : Infinity, ...more });
		return this;
	}

	note(what: number, a: number, b = 0): this {
		this.evidence.lives.at(-1)!.diary.push({ what, a, b });
		return this;
	}

	/** A new connection. It is told, unless CONNACK was not read. */
	connect(session: "session" | "none" = "session", told = true): this {
		const { life } = this.evidence.lives.at(-1)!;
		this.connection++;
		this.packet("board", "connect", 0, { text: `${life}:${++this.attempt}` });
		this.packet("broker", "connack", 0, { text: session });
		return told ? this.note(CONNECTED, this.attempt, session === "session" ? 1 : 0) : this;
	}

	/** The connection ends, in order or not; `heard`: the board was told, and did not give it up itself. */
	end(inOrder = true, heard = inOrder): this {
		if (inOrder) this.log.closedAfterUs.add(this.connection);
		return this.note(DISCONNECTED, this.attempt, heard ? 1 : 0);
	}

	unplug(): this {
		const { lives } = this.evidence;
		lives.at(-1)!.unplugged = true;
		lives.push({ life: lives.length + 1, first: 1000 * lives.length, diary: [], unplugged: false });
		this.attempt = 0;
		return this;
	}

	accept(number: number, id = idOf(number)): this {
		return this.note(ACCEPTED, number, id);
	}

	/** PUBLISH of the board. */
	out(number: number, { dup = false, id = idOf(number), passed = true } = {}): this {
		const { qos, out } = this.evidence;
		const topic = topicOf(out, number);
		return this.packet("board", "publish", id, { qos, dup, topic, text: payloadOf(number) }, passed);
	}

	puback(number: number): this {
		return this.packet("broker", "puback", idOf(number));
	}

	pubrec(number: number): this {
		return this.packet("broker", "pubrec", idOf(number));
	}

	pubrel(number: number): this {
		return this.packet("board", "pubrel", idOf(number));
	}

	pubcomp(number: number): this {
		return this.packet("broker", "pubcomp", idOf(number));
	}

	delivered(number: number): this {
		return this.note(DELIVERED, idOf(number));
	}

	/** All that comes after PUBLISH. */
	finish(number: number): this {
		if (this.evidence.qos === 1) this.puback(number);
		else this.pubrec(number).pubrel(number).pubcomp(number);
		return this.delivered(number).arrive(number);
	}

	/** Accepted, sent, done. */
	message(number: number): this {
		return this.accept(number).out(number).finish(number);
	}

	arrive(number: number, dup = false): this {
		this.evidence.arrivals.push({ text: payloadOf(number), dup, at: this.log.place() });
		return this;
	}

	/** Message n to the board is published. */
	send(): this {
		this.evidence.sent.push(this.log.place());
		return this;
	}

	/** The broker sends it. */
	in(number: number, { id = number, dup = false, passed = true } = {}): this {
		const { qos, in: topic } = this.evidence;
		return this.packet("broker", "publish", id, { qos, dup, topic, text: payloadOf(number) }, passed);
	}

	received(number: number): this {
		return this.note(RECEIVED, number);
	}

	/** The board's answers, and what comes between. */
	answer(id: number): this {
		if (this.evidence.qos === 1) return this.packet("board", "puback", id);
		this.packet("board", "pubrec", id).packet("broker", "pubrel", id);
		return this.packet("board", "pubcomp", id);
	}

	incident(what: "killed" | "forgotten"): this {
		this.log.incidents.push({ what, at: this.log.place() });
		return this;
	}

	malformed(): this {
		const { connection, log } = this;
		log.malformed.push({ connection, from: "board", at: log.place(), text: "nonsense" });
		return this;
	}
}

type Tale = [string, (story: Story) => Story];

const first = (story: Story) => story.connect("none");

describe.each([1, 2] as const)("at QoS %d", (qos) => {
	const both: Tale[] = [
		["nothing happens", first],
		["messages pass both ways", (it) => first(it).message(1).send().in(1).received(1).answer(1).message(2)],
		[
			"what was sent goes again, and then the rest",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.accept(3)
					.out(1)
					.out(2)
					.end()
					.connect()
					.out(1, { dup: true })
					.out(2, { dup: true })
					.finish(1)
					.out(3)
					.finish(2)
					.finish(3),
		],
		[
			"what was sent has not come to the proxy, and goes again",
			(it) => first(it).accept(1).end().connect().out(1, { dup: true }).finish(1),
		],
		[
			"the new session gets all anew",
			(it) =>
				first(it).accept(1).accept(2).out(1).out(2).end().connect("none").out(1).out(2).finish(1).finish(2),
		],
		[
			"CONNACK was not read",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.end()
					.connect("session", false)
					.end(false)
					.connect()
					.out(1, { dup: true })
					.finish(1),
		],
		[
			"the plug is pulled: what was not acknowledged is gone",
			(it) =>
				first(it)
					.message(1)
					.accept(2)
					.out(2)
					.unplug()
					.connect()
					.message(1000)
					.accept(1001)
					.out(1001)
					.finish(1001),
		],
		[
			"the plug is pulled with the end of the diary untold",
			(it) => {
				first(it).accept(1).out(1).arrive(1);
				if (qos === 1) it.puback(1);
				else it.pubrec(1).pubrel(1).pubcomp(1);
				return it.out(2).out(3).unplug().connect().message(1000);
			},
		],
		[
			"the plug is pulled while a message is handled",
			(it) =>
				first(it).send().in(1).received(1).unplug().connect().in(1, { dup: true }).received(1).answer(1),
		],
		[
			"the broker is killed, and has lost what it had acknowledged",
			(it) => {
				first(it).message(1).incident("killed");
				it.evidence.arrivals.length = 0;
				return it;
			},
		],
		["the broker is killed, and sends again", (it) => first(it).message(1).incident("killed").arrive(1)],
		[
			"the broker forgets the session, and has no subscription for a while",
			(it) =>
				first(it)
					.incident("forgotten")
					.send()
					.end()
					.connect("none")
					.packet("board", "subscribe", 9)
					.send()
					.packet("broker", "suback", 9),
		],
		[
			"the broker is killed, and has lost a message to the board",
			(it) => first(it).send().incident("killed"),
		],
	];
	const one: Tale[] = [
		[
			"PUBACK was not read",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.puback(1)
					.arrive(1)
					.end(false)
					.connect()
					.out(1, { dup: true })
					.puback(1)
					.delivered(1)
					.arrive(1),
		],
		[
			"PUBACK was cut off",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.packet("broker", "puback", idOf(1), {}, false)
					.arrive(1)
					.end()
					.connect()
					.out(1, { dup: true })
					.finish(1),
		],
		["the broker repeats to the subscriber", (it) => first(it).message(1).arrive(1, true)],
		[
			"a message to the board comes again",
			(it) => first(it).send().in(1).received(1).end().connect().in(1, { dup: true }).received(1).answer(1),
		],
	];
	const two: Tale[] = [
		[
			"PUBREC was not read",
			(it) => first(it).accept(1).out(1).pubrec(1).end(false).connect().out(1, { dup: true }).finish(1),
		],
		[
			"PUBREC was not read by a board that gave the connection up as it ended",
			(it) => first(it).accept(1).out(1).pubrec(1).end(true, false).connect().out(1, { dup: true }).finish(1),
		],
		[
			"PUBREC was not read, and the next one is that of another message",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.out(2)
					.pubrec(1)
					.end(false)
					.connect()
					.out(1, { dup: true })
					.out(2, { dup: true })
					.pubrec(1)
					.pubrec(2)
					.pubrel(1)
					.pubrel(2)
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.pubcomp(2)
					.delivered(2)
					.arrive(2),
		],
		[
			"PUBREC was read after all",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.out(2)
					.pubrec(1)
					.end(false)
					.connect()
					.pubrel(1)
					.out(2, { dup: true })
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.finish(2),
		],
		[
			"PUBREL goes again",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.pubrec(1)
					.pubrel(1)
					.end()
					.connect()
					.pubrel(1)
					.pubcomp(1)
					.delivered(1)
					.arrive(1),
		],
		[
			"PUBREL is given up with the session",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.pubrec(1)
					.pubrel(1)
					.end()
					.note(DROPPED, idOf(1), 1)
					.connect("none")
					.message(2),
		],
		[
			"a new session makes a message twice",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.pubrec(1)
					.packet("board", "pubrel", idOf(1), {}, false)
					.arrive(1)
					.end(false)
					.connect("none")
					.note(DROPPED, idOf(1), 1),
		],
		[
			"a PUBREC of nothing known is answered",
			(it) => first(it).packet("broker", "pubrec", 7).packet("board", "pubrel", 7),
		],
		[
			"a message to the board comes again, and is not handled again",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.packet("board", "pubrec", 1, {}, false)
					.end()
					.connect()
					.in(1, { dup: true })
					.answer(1),
		],
		[
			"a released identifier comes again",
			(it) => first(it).send().send().in(1).received(1).answer(1).in(2, { id: 1 }).received(2).answer(1),
		],
		[
			"the broker is killed, and uses an identifier anew that the board holds",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.packet("board", "pubrec", 1)
					.incident("killed")
					.end()
					.connect()
					.send()
					.in(2, { id: 1 })
					.answer(1),
		],
		[
			"the plug is pulled twice, once before and once after the answer",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.unplug()
					.connect()
					.in(1, { dup: true })
					.received(1)
					.answer(1)
					.unplug()
					.connect(),
		],
		[
			"a PUBREL was not read",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.packet("board", "pubrec", 1)
					.packet("broker", "pubrel", 1)
					.end(false)
					.connect()
					.packet("broker", "pubrel", 1)
					.packet("board", "pubcomp", 1),
		],
	];
	test.each([...both, ...(qos === 1 ? one : two)])("right: %s", (_what, tell) => {
		expect(judge(tell(new Story(qos)).evidence)).toEqual([]);
	});

	type Fault = [Rule, string, (story: Story) => Story];
	const wrong: Fault[] = [
		["malformed", "no packet", (it) => first(it).malformed()],
		["accepted", "a number is left out", (it) => first(it).message(1).message(3).message(2)],
		["accepted", "sent and not accepted", (it) => first(it).out(1)],
		[
			"accepted",
			"a payload that is not right",
			(it) =>
				first(it)
					.message(1)
					.packet("board", "publish", 7, { qos, topic: topicOf("out", 1), text: "1:abx" }),
		],
		[
			"accepted",
			"another topic than its own",
			(it) =>
				first(it)
					.accept(1)
					.packet("board", "publish", idOf(1), { qos, topic: "out/9", text: payloadOf(1) })
					.finish(1),
		],
		[
			"order",
			"the second before the first",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.out(2)
					.end()
					.connect()
					.out(2, { dup: true })
					.out(1, { dup: true })
					.finish(1)
					.finish(2),
		],
		[
			"order",
			"again on the same connection",
			(it) => first(it).accept(1).out(1).out(1, { dup: true }).finish(1),
		],
		[
			"order",
			"before CONNACK",
			(it) => {
				it.connect("none");
				it.accept(1).out(1);
				const { entries } = it.evidence.log;
				// CONNACK last.
				entries[1].received = entries[1].passed = it.evidence.log.place();
				return it.note(DISCONNECTED, 1).end(false).connect().out(1, { dup: true }).finish(1);
			},
		],
		[
			"skipped",
			"a new one first",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.end()
					.connect()
					.out(2)
					.finish(2)
					.end()
					.connect()
					.out(1, { dup: true })
					.finish(1),
		],
		["skipped", "one is never sent", (it) => first(it).accept(1).accept(2).out(2).finish(2)],
		["dup", "again without", (it) => first(it).accept(1).out(1).end().connect().out(1).finish(1)],
		[
			"dup",
			"again with, in a new session",
			(it) => first(it).accept(1).out(1).end().connect("none").out(1, { dup: true }).finish(1),
		],
		["dup", "for the first time with", (it) => first(it).accept(1).out(1, { dup: true }).finish(1)],
		[
			"dup",
			"for the first time with, accepted after the connection had ended",
			(it) => first(it).end().accept(1).connect().out(1, { dup: true }).finish(1),
		],
		["identifier", "two at a time have one", (it) => first(it).accept(1, 7).accept(2, 7)],
		[
			"identifier",
			"again with another one",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.end()
					.connect()
					.out(1, { dup: true, id: 7 })
					.out(1, { dup: true })
					.finish(1),
		],
		["identifier", "other than publish returned", (it) => first(it).accept(1).out(1, { id: 7 })],
		[
			"identifier",
			"that of an unanswered SUBSCRIBE",
			(it) => first(it).packet("board", "subscribe", idOf(1)).message(1),
		],
		[
			"identifier",
			"a SUBSCRIBE has that of a message",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.packet("board", "subscribe", idOf(1))
					.packet("broker", "suback", idOf(1))
					.finish(1),
		],
		[
			"acknowledged",
			"after the last acknowledgement",
			(it) => first(it).message(1).end().connect().out(1, { dup: true }),
		],
		[
			"window",
			"three where two are allowed",
			(it) => first(it).accept(1).accept(2).accept(3).out(1).out(2).out(3).finish(1).finish(2).finish(3),
		],
		[
			"told",
			"an acknowledgement is not told",
			(it) => {
				first(it).accept(1).out(1);
				if (qos === 1) it.puback(1);
				else it.pubrec(1).pubrel(1).pubcomp(1);
				return it.arrive(1).end().connect().delivered(1);
			},
		],
		["told", "a delivery without acknowledgement", (it) => first(it).accept(1).out(1).delivered(1).arrive(1)],
		[
			"told",
			"session present is told wrong",
			(it) => it.connect("none").end().connect("session", false).note(CONNECTED, 2, 0),
		],
		["told", "CONNACK is not told", (it) => first(it).end().connect("session", false).end()],
		["told", "a message is not handled", (it) => first(it).send().in(1).answer(1)],
		["told", "a message is handled twice", (it) => first(it).send().in(1).received(1).received(1).answer(1)],
		[
			"told",
			"messages are handled in another order",
			(it) => first(it).send().send().in(1).in(2).received(2).received(1).answer(1).answer(2),
		],
		["told", "what nobody published is handled", (it) => first(it).in(1).received(1).answer(1)],
		["answers", "of another identifier", (it) => first(it).send().in(1).received(1).answer(2)],
		["answers", "none", (it) => first(it).send().in(1).received(1)],
		["answers", "twice", (it) => first(it).send().in(1).received(1).answer(1).answer(1)],
		[
			"answers",
			"in another order",
			(it) => first(it).send().send().in(1).in(2).received(1).received(2).answer(2).answer(1),
		],
		["undelivered", "at the end it waits", (it) => first(it).accept(1).out(1)],
		["undelivered", "it is never sent", (it) => first(it).accept(1)],
		["undelivered", "it is given up", (it) => first(it).accept(1).note(DROPPED, idOf(1), 0)],
		[
			"lost",
			"acknowledged, and did not come",
			(it) => {
				first(it).message(1);
				it.evidence.arrivals.length = 0;
				return it;
			},
		],
		[
			"lost",
			"acknowledged, and the plug is pulled",
			(it) => {
				first(it).message(1).unplug().connect();
				it.evidence.arrivals.length = 0;
				return it;
			},
		],
		[
			"lost",
			"the broker was killed before it was sent",
			(it) => {
				first(it).incident("killed").message(1);
				it.evidence.arrivals.length = 0;
				return it;
			},
		],
		[
			"lost",
			"the broker was killed, and has not acknowledged",
			(it) => first(it).accept(1).out(1).incident("killed"),
		],
		["twice", "sent once", (it) => first(it).message(1).arrive(1)],
		[
			"twice",
			"sent once, the broker was killed before",
			(it) => first(it).incident("killed").message(1).arrive(1),
		],
		["arrival order", "2, 1", (it) => first(it).accept(1).accept(2).out(1).out(2).finish(2).finish(1)],
		["invented", "nobody sent it", (it) => first(it).arrive(5)],
		[
			"invented",
			"it never reached the broker",
			(it) => first(it).accept(1).out(1, { passed: false }).arrive(1).unplug().connect(),
		],
		[
			"invented",
			"it is not what was sent",
			(it) => {
				first(it).message(1);
				it.evidence.arrivals.push({ ...it.evidence.arrivals[0], text: "1:abx" });
				return it;
			},
		],
		["inbound lost", "published, and the broker never sends it", (it) => first(it).send()],
		[
			"inbound lost",
			"published when the board had subscribed again",
			(it) =>
				first(it)
					.incident("forgotten")
					.end()
					.connect("none")
					.packet("board", "subscribe", 9)
					.packet("broker", "suback", 9)
					.send(),
		],
		[
			"inbound lost",
			"published when the broker was killed before",
			(it) => first(it).incident("killed").send(),
		],
		["inbound lost", "published after the plug was pulled", (it) => first(it).unplug().connect().send()],
	];
	const wrongAt1: Fault[] = [
		[
			"twice",
			"more often than it was sent",
			(it) => first(it).accept(1).out(1).arrive(1).end().connect().out(1, { dup: true }).finish(1).arrive(1),
		],
	];
	const wrongAt2: Fault[] = [
		[
			"after PUBREC",
			"on the next connection",
			(it) => first(it).accept(1).out(1).pubrec(1).end().connect().out(1, { dup: true }).finish(1),
		],
		[
			"after PUBREC",
			"when PUBREL was sent and has not passed",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.pubrec(1)
					.packet("board", "pubrel", idOf(1), {}, false)
					.end(false)
					.connect()
					.out(1, { dup: true })
					.finish(1),
		],
		[
			"after PUBREC",
			"two connections later",
			(it) =>
				first(it)
					.accept(1)
					.out(1)
					.pubrec(1)
					.end()
					.connect()
					.pubrel(1)
					.end()
					.connect()
					.out(1, { dup: true })
					.finish(1),
		],
		[
			"skipped",
			"PUBREL after a later message",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.pubrec(1)
					.end()
					.connect()
					.out(2)
					.pubrel(1)
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.finish(2),
		],
		[
			"window",
			"PUBRELs count",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.accept(3)
					.out(1)
					.out(2)
					.pubrec(1)
					.pubrel(1)
					.out(3)
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.finish(2)
					.finish(3),
		],
		["PUBREL", "without PUBREC", (it) => first(it).accept(1).out(1).pubrel(1).finish(1)],
		[
			"PUBREL",
			"twice",
			(it) => first(it).accept(1).out(1).pubrec(1).pubrel(1).pubrel(1).pubcomp(1).delivered(1).arrive(1),
		],
		[
			"PUBREL order",
			"not that of PUBRECs",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.out(2)
					.pubrec(1)
					.pubrec(2)
					.pubrel(2)
					.pubrel(1)
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.pubcomp(2)
					.delivered(2)
					.arrive(2),
		],
		[
			"PUBREL order",
			"nor on the next connection",
			(it) =>
				first(it)
					.accept(1)
					.accept(2)
					.out(1)
					.out(2)
					.pubrec(1)
					.pubrec(2)
					.end()
					.connect()
					.pubrel(2)
					.pubrel(1)
					.pubcomp(1)
					.delivered(1)
					.arrive(1)
					.pubcomp(2)
					.delivered(2)
					.arrive(2),
		],
		[
			"session",
			"PUBREL is kept",
			(it) => first(it).accept(1).out(1).pubrec(1).end().connect("none").out(1).finish(1),
		],
		[
			"session",
			"PUBLISH is given up",
			(it) => first(it).accept(1).out(1).end().note(DROPPED, idOf(1), 1).connect("none"),
		],
		[
			"told",
			"a repeat is handled",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.packet("board", "pubrec", 1, {}, false)
					.end()
					.connect()
					.in(1, { dup: true })
					.received(1)
					.answer(1),
		],
		["answers", "PUBCOMP without PUBREL", (it) => first(it).packet("board", "pubcomp", 1)],
		[
			"inbound twice",
			"with another identifier",
			(it) => first(it).send().in(1).received(1).answer(1).in(1, { id: 2 }).received(1).answer(2),
		],
		[
			"inbound lost",
			"an identifier that the board holds is used anew, and nobody was killed",
			(it) =>
				first(it).send().in(1).received(1).packet("board", "pubrec", 1).send().in(2, { id: 1 }).answer(1),
		],
		[
			"inbound twice",
			"in two lives, though the first had answered",
			(it) =>
				first(it)
					.send()
					.in(1)
					.received(1)
					.answer(1)
					.unplug()
					.connect()
					.in(1, { id: 2 })
					.received(1)
					.answer(2),
		],
	];
	test.each([...wrong, ...(qos === 1 ? wrongAt1 : wrongAt2)])("wrong: %s: %s", (rule, _what, tell) => {
		const { rules } = tell(new Story(qos));
		expect(rules).toContain(rule);
	});
});
