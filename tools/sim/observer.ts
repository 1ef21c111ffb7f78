// The independent witness: another MQTT client (mqtt.js) that receives what the board publishes.
// Knows topics and the broker's address; nothing of the board. What it receives may be hostile: all of it is bounded.

import { createConnection, type Socket } from "node:net";
import { type IClientOptions, MqttClient } from "mqtt";
import type { BrokerAddress } from "../option-values.js";
import { Problem, textOf } from "../problem.js";
import { cut } from "../text.js";
import type { ConnectionEvent, ReceivedMessage, StatusEvent } from "./events.js";

/** Bytes of a packet that is still read. */
const PACKET_LIMIT = 1 << 20;
/** Characters of a payload that an event holds. */
const PAYLOAD_LIMIT = 1024;
/** Characters of a topic that an event holds. */
const TOPIC_LIMIT = 256;
const CONNECT_TIMEOUT = 10_000;

/** What it hears. Whose readings they are it cannot tell. */
export type Heard = ReceivedMessage | StatusEvent | ConnectionEvent;

export class Observer {
	readonly #client: MqttClient;
	#ended = false;

	private constructor(client: MqttClient) {
		this.#client = client;
	}

	/** Connected and subscribed when it resolves. */
	static async start(
		broker: BrokerAddress,
		name: string,
		onEvent: (event: Heard) => void,
	): Promise<Observer> {
		const client = connect(broker);
		const observer = new Observer(client);
		try {
			await firstConnect(client);
			const [granted] = await client.subscribeAsync(`${name}/#`, { qos: 1 });
			if (granted === undefined || granted.qos > 2) throw new Error(`it may not subscribe to ${name}/#`);
		} catch (error) {
			await observer.close();
			throw new Problem(
				`no MQTT connection to ${broker.host}:${broker.port}`,
				textOf(error),
				"check address, user name and password, and that the broker runs",
			);
		}
		onEvent({ type: "connection", of: "observer", state: "connected" });
		client.on("connect", () => onEvent({ type: "connection", of: "observer", state: "connected" }));
		client.on("close", () => {
			if (!observer.#ended) onEvent({ type: "connection", of: "observer", state: "disconnected" });
		});
		client.on("message", (topic, payload, packet) =>
			onEvent(describe(name, topic, payload, packet.qos, packet.retain)),
		);
		return observer;
	}

	async close(): Promise<void> {
		this.#ended = true;
		await this.#client.endAsync(true);
	}
}

function connect(broker: BrokerAddress): MqttClient {
	const options: IClientOptions = {
		protocolVersion: 4,
		clientId: `observer-${Math.random().toString(16).slice(2, 14)}`,
		clean: true,
		username: broker.username,
		password: broker.password,
		connectTimeout: CONNECT_TIMEOUT,
		reconnectPeriod: 1000,
	};
	const client = new MqttClient((client) => boundedSocket(broker, client), options);
	// Each failed attempt is told here too; a close follows, and that is what counts.
	client.on("error", () => {});
	return client;
}

/** A socket that breaks when one packet grows beyond the limit: mqtt.js would keep up to 256 MB of it. */
function boundedSocket(broker: BrokerAddress, client: MqttClient): Socket {
	const socket = createConnection(broker.port, broker.host);
	let complete = 0;
	const onPacket = () => {
		complete = socket.bytesRead;
	};
	client.on("packetreceive", onPacket);
	socket.on("data", () => {
		if (socket.bytesRead - complete > PACKET_LIMIT)
			socket.destroy(new Error(`a packet from the broker has more than ${PACKET_LIMIT} bytes`));
	});
	socket.on("close", () => client.off("packetreceive", onPacket));
	return socket;
}

function firstConnect(client: MqttClient): Promise<void> {
	return new Promise((resolve, reject) => {
		const done = (error?: Error) => {
			client.off("connect", onConnect);
			client.off("error", done);
			client.off("close", onClose);
			if (error) reject(error);
			else resolve();
		};
		const onConnect = () => done();
		// An error comes before its close, but in a turn of its own.
		const onClose = () => setImmediate(done, new Error("the connection was closed, or nobody answered"));
		client.on("connect", onConnect);
		client.on("error", done);
		client.on("close", onClose);
	});
}

/** The event for a received message. */
export function describe(
	name: string,
	topic: string,
	payload: Buffer,
	qos: number,
	retain: boolean,
): ReceivedMessage | StatusEvent {
	// A character has four bytes at most.
	const text = payload.subarray(0, PAYLOAD_LIMIT * 4).toString();
	const shown = cut(text, PAYLOAD_LIMIT);
	if (topic === `${name}/status`) return { type: "status", topic, state: cut(text, 64), retain };
	return {
		type: "message",
		topic: cut(topic, TOPIC_LIMIT),
		payload: shown,
		length: payload.length,
		cut: shown.length < text.length || payload.length > PAYLOAD_LIMIT * 4,
		qos,
		retain,
	};
}
