// A request and its answer, at QoS 0: what is asked, what comes back, and the callback with it.

import { Requester } from "../../src/request/index.js";
import { type Cost, Line, measure } from "./harness.js";

const TOPIC = "home/kitchen/lamp/switch";
const RESPONSE_TOPIC = "home/kitchen/lamp/answers";
/** Bytes of correlation data. */
const CORRELATION = 8;

export function request5(count: number, payload: Uint8Array): Cost {
	const line = new Line({ protocolVersion: 5 });
	const { client, pipe } = line;
	let answers = 0;
	const requester = new Requester(client, {
		topic: TOPIC,
		responseTopic: RESPONSE_TOPIC,
		qos: 0,
		onAnswer: () => {
			answers++;
		},
	});
	// SUBACK is not waited for.
	const sent = new Uint8Array(1024);
	pipe.take(sent);
	const answer = new Uint8Array(2 + 2 + RESPONSE_TOPIC.length + 1 + 3 + CORRELATION + payload.length);
	answer[0] = 0x30;
	answer[1] = answer.length - 2;
	answer[3] = RESPONSE_TOPIC.length;
	for (let i = 0; i < RESPONSE_TOPIC.length; i++) answer[4 + i] = RESPONSE_TOPIC.charCodeAt(i);
	let at = 4 + RESPONSE_TOPIC.length;
	answer[at++] = 3 + CORRELATION;
	answer[at++] = 0x09;
	answer[++at] = CORRELATION;
	answer.set(payload, ++at + CORRELATION);
	const cost = measure(count, pipe, () => {
		requester.send(payload);
		// The correlation data is the last property, and the payload is behind it.
		const from = pipe.take(sent) - payload.length - CORRELATION;
		for (let i = 0; i < CORRELATION; i++) answer[at + i] = sent[from + i];
		pipe.feed(answer);
	});
	if (answers !== count + 10) throw new Error(`request5: ${answers} answers came`);
	return cost;
}
