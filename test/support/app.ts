// How apps publish: bytes or text to a topic, numbers by a Sensor. Public calls only, and no Node: boards do it too.

import { type Client, Topic } from "../../src/index.js";
import { Sensor, type SensorOptions } from "../../src/telemetry/index.js";

export type Way = "bytes" | "text" | "sensor";

export class App {
	readonly #client: Client;
	readonly #options: Omit<SensorOptions, "topic">;
	readonly #topics = new Map<string, Topic>();
	readonly #sensors = new Map<string, Sensor>();

	/** `options` are those of its Sensors; the rest is published at their QoS, and retained as they are. */
	constructor(client: Client, options: Omit<SensorOptions, "topic"> = {}) {
		this.#client = client;
		this.#options = options;
	}

	/** Publishes text of ASCII; by a Sensor it has to be the digits of a number. Returns what the call returns. */
	publish(way: Way, topic: string, text: string): number {
		const { qos, retain } = this.#options;
		if (way === "text") return this.#client.publish(topic, text, qos, retain);
		if (way === "sensor") return this.sensor(topic).update(Number(text));
		const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
		const answer = this.#client.publish(this.topic(topic), bytes, qos, retain);
		bytes.fill(0x21); // an app has one buffer, and uses it again at once
		return answer;
	}

	/** The one for this name, made when it is asked for first. */
	topic(name: string): Topic {
		let topic = this.#topics.get(name);
		if (topic === undefined) this.#topics.set(name, (topic = new Topic(name)));
		return topic;
	}

	/** The one for this topic, made when it is asked for first. */
	sensor(name: string): Sensor {
		let sensor = this.#sensors.get(name);
		if (sensor === undefined)
			this.#sensors.set(
				name,
				(sensor = new Sensor(this.#client, { ...this.#options, topic: this.topic(name) })),
			);
		return sensor;
	}
}
