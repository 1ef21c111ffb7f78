// What a request with its answer allocates, on both sides, on a socket in memory: a client a case.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import type { ClientOptions, QoS } from "../../../src/index.js";
import { Requester, Responder } from "../../../src/request/index.js";
import { PUBACK } from "../../support/packets.js";
import { CONNACK5, data, PUBLISH5, SUBACK5, two } from "../../support/packets5.js";
import { type Allocated, allocated } from "./heap.js";
import { Line } from "./line.js";

const { count } = config as { count: number };
const found: Record<string, Allocated> = {};
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
const CORRELATION = 8;

/** In MQTT 5.0, with what `make` makes, and its subscription granted. */
function connect(options: Partial<ClientOptions>, make: (line: Line) => void): Line {
	const line = new Line(Pipe, { protocolVersion: 5, ...options });
	line.pipe.open();
	line.take();
	line.feed(CONNACK5(false, 0, [two(0x22, 10)]));
	make(line);
	const sent = line.take();
	line.feed(SUBACK5((sent[2] << 8) | sent[3], [1]));
	return line;
}

const puback = PUBACK(1);
const sent = new Uint8Array(512);
/** What was written, and acknowledged at QoS 1; it is a PUBLISH whose properties and payload are its end. */
function take(line: Line, qos: QoS): number {
	const length = line.pipe.take(sent);
	if (qos === 0) return length;
	const behind = 4 + ((sent[2] << 8) | sent[3]);
	puback[2] = sent[behind];
	puback[3] = sent[behind + 1];
	line.feed(puback);
	return length;
}

for (const qos of [0, 1] as const) {
	let requester!: Requester;
	let answered = 0;
	const line = connect({ keepAlive: 0 }, ({ client }) => {
		requester = new Requester(client, {
			topic: "home/lamp/jobs",
			responseTopic: "home/lamp/answers",
			qos,
			onAnswer: () => {
				answered++;
			},
		});
	});
	const answer = PUBLISH5("home/lamp/answers", "done", [data(0x09, new Uint8Array(CORRELATION))]);
	const at = answer.length - "done".length - CORRELATION;
	found[`request at QoS ${qos}`] = allocated(count, () => {
		if (requester.send(payload) < 0) throw new Error("a request was not accepted");
		const from = take(line, qos) - payload.length - CORRELATION;
		for (let i = 0; i < CORRELATION; i++) answer[at + i] = sent[from + i];
		line.feed(answer);
	});
	if (answered !== count + 20) throw new Error(`${answered} answers came`);
	const failing = requester;
	found[`request at QoS ${qos} without an answer`] = allocated(count, () => {
		failing.send(payload);
		take(line, qos);
		for (let i = 0; i < 44; i++) line.pass();
	});
	if (failing.waiting > 0) throw new Error("requests wait for ever");
}

for (const qos of [0, 1] as const) {
	let responder!: Responder;
	const line = connect({}, ({ client }) => {
		responder = new Responder(client, {
			topicFilter: "home/lamp/jobs",
			prefix: "home/",
			qos,
			handle: (_message, request) => {
				responder.reply(request, payload);
			},
		});
	});
	const requests = ["home/a/answers", "home/b/answers"].map((topic) =>
		PUBLISH5("home/lamp/jobs", "work", [data(0x08, topic), data(0x09, "12345678")]),
	);
	let turn = 0;
	found[`answer at QoS ${qos}`] = allocated(count, () => {
		line.feed(requests[++turn & 1]);
		take(line, qos);
	});
	if (responder.requests !== count + 20 || responder.refused + responder.forgotten > 0)
		throw new Error(`${responder.requests} requests came`);
}
engine.report(JSON.stringify(found));
engine.exit(0);
