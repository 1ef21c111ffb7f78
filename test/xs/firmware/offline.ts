// Seven hours without a network and a reading every second, then a broker: what is held is what fits, the newest.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import { Topic } from "../../../src/index.js";
import { Sensor } from "../../../src/telemetry/index.js";
import { Heaps } from "./heap.js";
import { Line } from "./line.js";

const SECONDS = 3600;
const line = new Line(Pipe, { storeSize: 24 + 4 * 20, whenFull: "dropOldest" });
const { client } = line;
const sensor = new Sensor(client, { topic: "newest", qos: 1 });
const topic = new Topic("all");
const payload = new Uint8Array(4);
const heaps = new Heaps(7);

let reading = 0;
for (let hour = 0; hour < 7; hour++) {
	for (let second = 0; second < SECONDS; second++) {
		reading++;
		for (let i = 0; i < 4; i++) line.pass();
		sensor.update(reading);
		payload[2] = reading >> 8;
		payload[3] = reading;
		client.publish(topic, payload);
	}
	// Nobody is heard from: an attempt to connect ends after connectTimeout, and the next begins.
	heaps.look();
}
const { attempts, published, dropped, refused } = client.statistics;
line.accept();
engine.report(
	JSON.stringify({ heaps, attempts, published, dropped, refused, sent: Array.from(line.take()) }),
);
engine.exit(0);
