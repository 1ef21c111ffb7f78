// The judge of delivery itself: logs made by hand that are right, and for each rule some that break it.

import { ACCEPTED, CONNECTED, DELIVERED, DISCONNECTED, DROPPED, RECEIVED } from "./diary.js";
import { type Evidence, judge } from "./judge.js";
import { type Entry, Log, type Side } from "./log.js";
import { payloadOf, topicOf } from "./messages.js";

/** Message n of the board has this packet identifier. */
const idOf = (number: number) => 100 + number;

/** What is said of a step behind its numbers: "dup", "id7" instead of its own, "lost": it never passes. */
function detailsOf(words: string[]): { dup: boolean; id?: number; passed: boolean } {
	const id = words.find((word) => word.startsWith("id"))?.slice(2);
	const given = id === undefined ? {} : { id: Number(id) };
	return { dup: words.includes("dup"), passed: !words.includes("lost"), ...given };
}

/** Evidence, told in steps: words as in the tables below, the names of methods with what they take. */
class Story {
	readonly evidence: Evidence;
	private readonly log = new Log();
	private connection = 0;
	private attempt = 0;

	constructor(qos: 1 | 2, steps: string) {
		const life = { life: 1, first: 1, diary: [], unplugged: false };
		const { log } = this;
		this.evidence = { qos, window: 2, out: "out", in: "in", log, lives: [life], arrivals: [], sent: [] };
		this.connect("none");
		for (const step of steps.trim().split(/\s+/)) {
			const [name, words] = step.split(":");
			const args = words?.split(",").map((word) => (/^\d/.test(word) ? Number(word) : word)) ?? [];
			(this as unknown as Record<string, (...args: unknown[]) => void>)[name](...args);
		}
	}

	private packet(from: Side, cmd: string, id = 0, more: Partial<Entry> = {}, passed = true): void {
		const { connection, log } = this;
		const entry = {
			connection,
			from,
			cmd,
			id,
			qos: 0,
			dup: false,
			topic: "",
			text: "",
			received: log.place(),
		};
		log.entries.push({ ...entry, passed: passed ? log.place() : Infinity, ...more });
	}

	private note(what: number, a: number, b = 0): void {
		this.evidence.lives.at(-1)!.diary.push({ what, a, b });
	}

	nothing = () => {};
	board = (cmd: string, id: number, how = "") => this.packet("board", cmd, id, {}, how !== "lost");
	broker = (cmd: string, id: number, how = "") => this.packet("broker", cmd, id, {}, how !== "lost");

	/** A new connection; "untold": CONNACK was not read. */
	connect(session = "session", told = ""): void {
		this.connection++;
		this.packet("board", "connect", 0, { text: `${this.evidence.lives.at(-1)!.life}:${++this.attempt}` });
		this.packet("broker", "connack", 0, { text: session });
		if (told !== "untold") this.tell(this.attempt, session === "session" ? 1 : 0);
	}
	tell = (attempt: number, present: number) => this.note(CONNECTED, attempt, present);
	/** CONNACK comes only now. */
	late(): void {
		this.log.entries[1].received = this.log.entries[1].passed = this.log.place();
		this.note(DISCONNECTED, 1);
	}

	/** In order, "broken", or "unheard": given up by the board itself. */
	end(how = "heard"): void {
		if (how !== "broken") this.log.closedAfterUs.add(this.connection);
		this.note(DISCONNECTED, this.attempt, how === "heard" ? 1 : 0);
	}
	unplug(): void {
		const { lives } = this.evidence;
		lives.at(-1)!.unplugged = true;
		lives.push({ life: lives.length + 1, first: 1000 * lives.length, diary: [], unplugged: false });
		this.attempt = 0;
	}

	accept = (number: number, id = idOf(number)) => this.note(ACCEPTED, number, id);
	/** PUBLISH of the board. */
	out(number: number, ...words: string[]): void {
		const { id = idOf(number), dup, passed } = detailsOf(words);
		this.publish("board", id, topicOf("out", number), payloadOf(number), dup, passed);
	}
	/** PUBLISHes that are not what they should be. */
	garble = () => this.publish("board", 7, topicOf("out", 1), "1:abx");
	stray = (number: number) => this.publish("board", idOf(number), "out/9", payloadOf(number));
	private publish(from: Side, id: number, topic: string, text: string, dup = false, passed = true): void {
		this.packet(from, "publish", id, { qos: this.evidence.qos, dup, topic, text }, passed);
	}

	puback = (number: number, how = "") => this.broker("puback", idOf(number), how);
	pubrec = (number: number) => this.broker("pubrec", idOf(number));
	pubrel = (number: number, how = "") => this.board("pubrel", idOf(number), how);
	pubcomp = (number: number) => this.broker("pubcomp", idOf(number));
	/** All of those. */
	acknowledge(number: number): void {
		if (this.evidence.qos === 1) this.puback(number);
		else for (const each of [this.pubrec, this.pubrel, this.pubcomp]) each(number);
	}
	/** With a reason code of MQTT 5.0: not authorized. */
	refuse = (number: number) =>
		this.packet("broker", this.evidence.qos === 1 ? "puback" : "pubrec", idOf(number), { code: 0x87 });
	/** The last CONNACK has this Receive Maximum. */
	allow(receiveMaximum: number): void {
		this.log.entries.findLast(({ cmd }) => cmd === "connack")!.receiveMaximum = receiveMaximum;
	}
	delivered = (number: number) => this.note(DELIVERED, idOf(number));
	dropped = (number: number, lost: number) => this.note(DROPPED, idOf(number), lost);
	arrive = (number: number, ...words: string[]) =>
		this.evidence.arrivals.push({
			text: payloadOf(number),
			dup: words.includes("dup"),
			at: this.log.place(),
		});
	/** PUBCOMP, or whatever is the last one, was read, and the message has come. */
	over(number: number): void {
		this.delivered(number);
		this.arrive(number);
	}
	finish(number: number): void {
		this.acknowledge(number);
		this.over(number);
	}
	message(number: number): void {
		this.accept(number);
		this.out(number);
		this.finish(number);
	}
	/** Nothing has come; something else has. */
	vanish = () => this.evidence.arrivals.splice(0);
	spoil = () => this.evidence.arrivals.push({ ...this.evidence.arrivals[0], text: "1:abx" });

	/** Message n to the board is published; the broker sends it; the handler gets it; the board answers. */
	send = () => this.evidence.sent.push(this.log.place());
	in(number: number, ...words: string[]): void {
		const { id = number, dup, passed } = detailsOf(words);
		this.publish("broker", id, "in", payloadOf(number), dup, passed);
	}
	received = (number: number) => this.note(RECEIVED, number);
	answer(id: number): void {
		this.board(this.evidence.qos === 1 ? "puback" : "pubrec", id);
		if (this.evidence.qos === 1) return;
		this.broker("pubrel", id);
		this.board("pubcomp", id);
	}

	killed = () => this.log.incidents.push({ what: "killed", at: this.log.place() });
	forgotten = () => this.log.incidents.push({ what: "forgotten", at: this.log.place() });
	malformed(): void {
		const { connection, log } = this;
		log.malformed.push({ connection, from: "board", at: log.place(), text: "nonsense" });
	}
}

/** At which QoS, the rule that it breaks, what happens, its steps after the first CONNACK. */
const STORIES = `
1 2 | none | nothing happens | nothing
1 2 | none | messages pass both ways | message:1 send in:1 received:1 answer:1 message:2
1 2 | none | what was sent goes again, and then the rest | accept:1 accept:2 accept:3 out:1 out:2 end connect out:1,dup out:2,dup finish:1 out:3 finish:2 finish:3
1 2 | none | what was sent has not come to the proxy, and goes again | accept:1 end connect out:1,dup finish:1
1 2 | none | the new session gets all anew | accept:1 accept:2 out:1 out:2 end connect:none out:1 out:2 finish:1 finish:2
1 2 | none | CONNACK was not read | accept:1 out:1 end connect:session,untold end:broken connect out:1,dup finish:1
1 2 | none | the plug is pulled: what was not acknowledged is gone | message:1 accept:2 out:2 unplug connect message:1000 accept:1001 out:1001 finish:1001
1 2 | none | the plug is pulled with the end of the diary untold | accept:1 out:1 arrive:1 acknowledge:1 out:2 out:3 unplug connect message:1000
1 2 | none | the plug is pulled while a message is handled | send in:1 received:1 unplug connect in:1,dup received:1 answer:1
1 2 | none | the broker is killed, and has lost what it had acknowledged | message:1 killed vanish
1 2 | none | the broker is killed, and sends again | message:1 killed arrive:1
1 2 | none | the broker forgets the session, and has no subscription for a while | forgotten send end connect:none board:subscribe,9 send broker:suback,9
1 2 | none | the broker is killed, and has lost a message to the board | send killed
1 2 | none | the broker refuses one, not the other | accept:1 accept:2 out:1 out:2 refuse:1 dropped:1,135 finish:2
1 2 | none | a refusal was not read | accept:1 out:1 refuse:1 end:broken connect out:1,dup finish:1
1 2 | none | one at a time, as the broker has it; then two | allow:1 message:1 accept:2 accept:3 out:2 end connect allow:2 out:2,dup out:3 finish:2 finish:3
1   | none | PUBACK was not read | accept:1 out:1 puback:1 arrive:1 end:broken connect out:1,dup puback:1 over:1
1   | none | PUBACK was cut off | accept:1 out:1 puback:1,lost arrive:1 end connect out:1,dup finish:1
1   | none | the broker repeats to the subscriber | message:1 arrive:1,dup
1   | none | a message to the board comes again | send in:1 received:1 end connect in:1,dup received:1 answer:1
  2 | none | PUBREC was not read | accept:1 out:1 pubrec:1 end:broken connect out:1,dup finish:1
  2 | none | PUBREC was not read by a board that gave the connection up as it ended | accept:1 out:1 pubrec:1 end:unheard connect out:1,dup finish:1
  2 | none | PUBREC was not read, and the next one is that of another message | accept:1 accept:2 out:1 out:2 pubrec:1 end:broken connect out:1,dup out:2,dup pubrec:1 pubrec:2 pubrel:1 pubrel:2 pubcomp:1 over:1 pubcomp:2 over:2
  2 | none | PUBREC was read after all | accept:1 accept:2 out:1 out:2 pubrec:1 end:broken connect pubrel:1 out:2,dup pubcomp:1 over:1 finish:2
  2 | none | PUBREL goes again | accept:1 out:1 pubrec:1 pubrel:1 end connect pubrel:1 pubcomp:1 over:1
  2 | none | PUBREL is given up with the session | accept:1 out:1 pubrec:1 pubrel:1 end dropped:1,1 connect:none message:2
  2 | none | a new session makes a message twice | accept:1 out:1 pubrec:1 pubrel:1,lost arrive:1 end:broken connect:none dropped:1,1
  2 | none | a PUBREC of nothing known is answered | broker:pubrec,7 board:pubrel,7
  2 | none | a message to the board comes again, and is not handled again | send in:1 received:1 board:pubrec,1,lost end connect in:1,dup answer:1
  2 | none | a released identifier comes again | send send in:1 received:1 answer:1 in:2,id1 received:2 answer:1
  2 | none | the broker is killed, and uses an identifier anew that the board holds | send in:1 received:1 board:pubrec,1 killed end connect send in:2,id1 answer:1
  2 | none | the plug is pulled twice, once before and once after the answer | send in:1 received:1 unplug connect in:1,dup received:1 answer:1 unplug connect
  2 | none | a PUBREL was not read | send in:1 received:1 board:pubrec,1 broker:pubrel,1 end:broken connect broker:pubrel,1 board:pubcomp,1
1 2 | malformed | no packet | malformed
1 2 | accepted | a number is left out | message:1 message:3 message:2
1 2 | accepted | sent and not accepted | out:1
1 2 | accepted | a payload that is not right | message:1 garble
1 2 | accepted | another topic than its own | accept:1 stray:1 finish:1
1 2 | order | the second before the first | accept:1 accept:2 out:1 out:2 end connect out:2,dup out:1,dup finish:1 finish:2
1 2 | order | again on the same connection | accept:1 out:1 out:1,dup finish:1
1 2 | order | before CONNACK | accept:1 out:1 late end:broken connect out:1,dup finish:1
1 2 | skipped | a new one first | accept:1 accept:2 out:1 end connect out:2 finish:2 end connect out:1,dup finish:1
1 2 | skipped | one is never sent | accept:1 accept:2 out:2 finish:2
  2 | skipped | PUBREL after a later message | accept:1 accept:2 out:1 pubrec:1 end connect out:2 pubrel:1 pubcomp:1 over:1 finish:2
1 2 | dup | again without | accept:1 out:1 end connect out:1 finish:1
1 2 | dup | again with, in a new session | accept:1 out:1 end connect:none out:1,dup finish:1
1 2 | dup | for the first time with | accept:1 out:1,dup finish:1
1 2 | dup | for the first time with, accepted after the connection had ended | end accept:1 connect out:1,dup finish:1
1 2 | identifier | two at a time have one | accept:1,7 accept:2,7
1 2 | identifier | again with another one | accept:1 out:1 end connect out:1,dup,id7 out:1,dup finish:1
1 2 | identifier | other than publish returned | accept:1 out:1,id7
1 2 | identifier | that of an unanswered SUBSCRIBE | board:subscribe,101 message:1
1 2 | identifier | a SUBSCRIBE has that of a message | accept:1 out:1 board:subscribe,101 broker:suback,101 finish:1
1 2 | acknowledged | after the last acknowledgement | message:1 end connect out:1,dup
1 2 | acknowledged | after a refusal | accept:1 out:1 refuse:1 dropped:1,135 end connect out:1,dup
  2 | after PUBREC | on the next connection | accept:1 out:1 pubrec:1 end connect out:1,dup finish:1
  2 | after PUBREC | when PUBREL was sent and has not passed | accept:1 out:1 pubrec:1 pubrel:1,lost end:broken connect out:1,dup finish:1
  2 | after PUBREC | two connections later | accept:1 out:1 pubrec:1 end connect pubrel:1 end connect out:1,dup finish:1
1 2 | window | three where two are allowed | accept:1 accept:2 accept:3 out:1 out:2 out:3 finish:1 finish:2 finish:3
  2 | window | PUBRELs count | accept:1 accept:2 accept:3 out:1 out:2 pubrec:1 pubrel:1 out:3 pubcomp:1 over:1 finish:2 finish:3
1 2 | receive maximum | two where one is allowed | allow:1 accept:1 accept:2 out:1 out:2 finish:1 finish:2
  2 | PUBREL | for a refusal | accept:1 out:1 refuse:1 dropped:1,135 pubrel:1
  2 | PUBREL | without PUBREC | accept:1 out:1 pubrel:1 finish:1
  2 | PUBREL | twice | accept:1 out:1 pubrec:1 pubrel:1 pubrel:1 pubcomp:1 over:1
  2 | PUBREL order | not that of PUBRECs | accept:1 accept:2 out:1 out:2 pubrec:1 pubrec:2 pubrel:2 pubrel:1 pubcomp:1 over:1 pubcomp:2 over:2
  2 | PUBREL order | nor on the next connection | accept:1 accept:2 out:1 out:2 pubrec:1 pubrec:2 end connect pubrel:2 pubrel:1 pubcomp:1 over:1 pubcomp:2 over:2
  2 | session | PUBREL is kept | accept:1 out:1 pubrec:1 end connect:none out:1 finish:1
  2 | session | PUBLISH is given up | accept:1 out:1 end dropped:1,1 connect:none
1 2 | told | an acknowledgement is not told | accept:1 out:1 acknowledge:1 arrive:1 end connect delivered:1
1 2 | told | a delivery without acknowledgement | accept:1 out:1 over:1
1 2 | told | a refusal is not told | accept:1 accept:2 out:1 out:2 refuse:1 finish:2 end connect
1 2 | told | a refusal is told as a delivery | accept:1 out:1 refuse:1 delivered:1 end connect
1 2 | told | a refusal, and there was none | accept:1 out:1 dropped:1,135 end connect
1 2 | told | session present is told wrong | end connect:session,untold tell:2,0
1 2 | told | CONNACK is not told | end connect:session,untold end
1 2 | told | a message is not handled | send in:1 answer:1
1 2 | told | a message is handled twice | send in:1 received:1 received:1 answer:1
1 2 | told | messages are handled in another order | send send in:1 in:2 received:2 received:1 answer:1 answer:2
1 2 | told | what nobody published is handled | in:1 received:1 answer:1
  2 | told | a repeat is handled | send in:1 received:1 board:pubrec,1,lost end connect in:1,dup received:1 answer:1
1 2 | answers | of another identifier | send in:1 received:1 answer:2
1 2 | answers | none | send in:1 received:1
1 2 | answers | twice | send in:1 received:1 answer:1 answer:1
1 2 | answers | in another order | send send in:1 in:2 received:1 received:2 answer:2 answer:1
  2 | answers | PUBCOMP without PUBREL | board:pubcomp,1
1 2 | undelivered | at the end it waits | accept:1 out:1
1 2 | undelivered | it is never sent | accept:1
1 2 | undelivered | it is given up, with a reason of ours | accept:1 dropped:1,0
1 2 | lost | acknowledged, and did not come | message:1 vanish
1 2 | lost | acknowledged, and the plug is pulled | message:1 unplug connect vanish
1 2 | lost | the broker was killed before it was sent | killed message:1 vanish
1 2 | lost | the broker was killed, and has not acknowledged | accept:1 out:1 killed
1 2 | twice | sent once | message:1 arrive:1
1 2 | twice | sent once, the broker was killed before | killed message:1 arrive:1
1   | twice | more often than it was sent | accept:1 out:1 arrive:1 end connect out:1,dup finish:1 arrive:1
1 2 | arrival order | 2, 1 | accept:1 accept:2 out:1 out:2 finish:2 finish:1
1 2 | invented | nobody sent it | arrive:5
1 2 | invented | it never reached the broker | accept:1 out:1,lost arrive:1 unplug connect
1 2 | invented | it is not what was sent | message:1 spoil
1 2 | inbound lost | published, and the broker never sends it | send
1 2 | inbound lost | published when the board had subscribed again | forgotten end connect:none board:subscribe,9 broker:suback,9 send
1 2 | inbound lost | published when the broker was killed before | killed send
1 2 | inbound lost | published after the plug was pulled | unplug connect send
  2 | inbound lost | an identifier that the board holds is used anew, and nobody was killed | send in:1 received:1 board:pubrec,1 send in:2,id1 answer:1
  2 | inbound twice | with another identifier | send in:1 received:1 answer:1 in:1,id2 received:1 answer:2
  2 | inbound twice | in two lives, though the first had answered | send in:1 received:1 answer:1 unplug connect in:1,id2 received:1 answer:2
`;

const cases = STORIES.trim()
	.split("\n")
	.flatMap((line) => {
		const [qos, rule, what, steps] = line.split("|").map((cell) => cell.trim());
		return qos.split(/\s+/).map((each) => [Number(each) as 1 | 2, rule, what, steps] as const);
	});

test.each(cases)("at QoS %d, breaks %s: %s", (qos, rule, _what, steps) => {
	const rules = judge(new Story(qos, steps).evidence).map((violation) => violation.rule);
	if (rule === "none") expect(rules).toEqual([]);
	else expect(rules).toContain(rule);
});
