import * as engine from "desktop/engine";
import { Line } from "./harness.js";
import { Topic } from "../../src/index.js";
let out = "";
const line = new Line();
const { client, pipe } = line;
const topic = new Topic("home/kitchen/temperature/value");
const topic2 = new Topic("home/kitchen/temperature/valuf");
const payload = Uint8Array.of(1, 2, 3, 4, 5);
const puback = Uint8Array.of(0x40, 2, 0, 0);
let pub = 0, ack = 0, base = 0;
const meter = () => { engine.mark(); return engine.meter(); };
for (let i = 0; i < 1000; i++) {
	engine.mark();
	base += engine.meter();
	engine.mark();
	const id = client.publish(topic, payload, 1);
	pub += engine.meter();
	puback[2] = id >> 8;
	puback[3] = id;
	engine.mark();
	pipe.feed(puback);
	ack += engine.meter();
}
out += `base ${base / 1000} pub1 ${(pub - base) / 1000} ack ${(ack - base) / 1000}\n`;
pub = 0; ack = 0;
for (let i = 0; i < 1000; i++) {
	engine.mark();
	const id = client.publish(i & 1 ? topic : topic2, payload, 1);
	pub += engine.meter();
	puback[2] = id >> 8;
	puback[3] = id;
	engine.mark();
	pipe.feed(puback);
	ack += engine.meter();
}
out += `alternating pub1 ${(pub - base) / 1000} ack ${(ack - base) / 1000}\n`;
void meter;
engine.report(out);
engine.exit(0);
