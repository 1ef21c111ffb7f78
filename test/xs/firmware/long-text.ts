// What publishing a text takes, short and long: ops for each byte, and what it allocates.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { Topic } from "../../../src/index.js";
import { Line } from "./line.js";

const { sizes } = config as { sizes: number[] };
const topic = new Topic("t");
const { client, pipe } = new Line(Pipe, { packetSize: 65_536, storeSize: 65_536 }).accept();
const sent = new Uint8Array(65_536);

const found = sizes.map((size) => {
	const text = `${"x".repeat(size - 2)}°`;
	client.publish(topic, text);
	engine.collect();
	pipe.take(sent);
	engine.mark();
	client.publish(topic, text);
	const ops = engine.meter();
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	const length = pipe.take(sent);
	let right = sent[length - 2] === 0xc2 && sent[length - 1] === 0xb0 ? 2 : 0;
	for (let at = length - size; at < length - 2; at++) if (sent[at] === 0x78) right++;
	return { opsPerByte: ops / size, slots, chunkBytes, right };
});
engine.report(JSON.stringify(found));
engine.exit(0);
