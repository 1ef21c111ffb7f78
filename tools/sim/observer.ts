// The independent witness: another MQTT client (mqtt.js) that receives what the board publishes.
// Knows topics and the broker's address; nothing of the board. What it receives may be hostile: all of it is bounded.

import { createConnection, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connect as connectMqtt, type IClientOptions, MqttClient } from "mqtt";
import type { Reason } from "xs-mqtt";
import { checkTls, connectTls, type TlsSettings, tlsReason } from "xs-mqtt/node";
import * as reasons from "xs-mqtt/tls";
import { type BrokerAddress, urlOf } from "../option-values.js";
import { Problem, textOf } from "../problem.js";
import { cut } from "../text.js";
import type { ConnectionEvent, Encryption, ReceivedMessage, StatusEvent } from "./events.js";

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
		let fault: Fault | undefined;
		const client = connect(
			broker,
			(encryption) =>
				onEvent({ type: "connection", of: "encryption", state: "on", with: "observer", ...encryption }),
			(found) => {
				// What TLS has told comes again from the WebSocket over it, in fewer words.
				fault ??= found;
			},
		);
		const observer = new Observer(client);
		try {
			await firstConnect(client);
			const [granted] = await client.subscribeAsync(`${name}/#`, { qos: 1 });
			if (granted === undefined || granted.qos > 2) throw new Error(`it may not subscribe to ${name}/#`);
		} catch (error) {
			await observer.close();
			throw new Problem(
				`no MQTT connection to ${urlOf(broker)}`,
				fault?.cause ?? textOf(error),
				fault?.advice ?? "check address, user name and password, and that the broker runs",
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

/** Why a connection was not to be had, when it is TLS's or WebSocket's. */
interface Fault {
	cause: string;
	advice: string;
}

function connect(
	broker: BrokerAddress,
	onEncrypted: (encryption: Encryption) => void,
	onFault: (fault: Fault) => void,
): MqttClient {
	const options: IClientOptions = {
		protocolVersion: 4,
		clientId: `observer-${Math.random().toString(16).slice(2, 14)}`,
		clean: true,
		username: broker.username,
		password: broker.password,
		connectTimeout: CONNECT_TIMEOUT,
		reconnectPeriod: 1000,
	};
	const settings = broker.tls && checkTls(broker.tls);
	const open = () => {
		const line = createConnection(broker.port, broker.host);
		return settings === undefined ? line : encrypt(broker, settings, line, onEncrypted, onFault);
	};
	let client: MqttClient;
	if (broker.webSocket === undefined) client = new MqttClient((client) => bounded(open(), client), options);
	else {
		client = connectMqtt({
			...options,
			protocol: settings === undefined ? "ws" : "wss",
			host: broker.host,
			port: broker.port,
			path: broker.webSocket.path ?? "/mqtt",
			wsOptions: { createConnection: () => bounded(open(), client), maxPayload: PACKET_LIMIT },
			manualConnect: true,
		});
		client.connect();
		client.stream.on("error", ({ message }) => {
			const [, status] = /server response: (\d+)$/.exec(message) ?? [];
			if (status !== undefined)
				onFault({
					cause: `WebSocket: the server refuses with HTTP status ${status}`,
					advice: "check host, port and path",
				});
		});
	}
	// Each failed attempt is told here too; a close follows, and that is what counts.
	client.on("error", () => {});
	return client;
}

function encrypt(
	broker: BrokerAddress,
	settings: TlsSettings,
	line: Socket,
	onEncrypted: (encryption: Encryption) => void,
	onFault: (fault: Fault) => void,
): TLSSocket {
	const socket = connectTls(settings, broker.host, line);
	/** The broker is at the other end of the line, and has not proved anything yet. */
	let handshake = false;
	line.once("connect", () => {
		handshake = true;
	});
	socket.once("secureConnect", () => {
		handshake = false;
		if (socket.destroyed) return; // it is not the right broker
		onEncrypted({
			version: socket.getProtocol() ?? "?",
			suite: socket.getCipher().standardName,
			fingerprint: socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase(),
		});
	});
	socket.on("error", (error) => {
		const reason = tlsReason(error, line) ?? (handshake ? reasons.HANDSHAKE_LOST : undefined);
		if (reason === undefined) return;
		// Here the options have other names, and the server's name is the host.
		const cause = reason.message
			.replace(/the option tls\.(ca|pin)/, "--$1")
			.replace(", or set tls.serverName", "");
		onFault({ cause, advice: adviceOn(reason, broker) });
	});
	return socket;
}

function adviceOn(reason: Reason, { host, port }: BrokerAddress): string {
	if (reason === reasons.CLIENT_CERTIFICATE_REFUSED) return "check --cert and --key";
	if (reason === reasons.TLS_PROTOCOL || reason === reasons.HANDSHAKE_LOST) return "check the port";
	return `"openssl s_client -connect ${host}:${port} -showcerts" shows what the broker sends`;
}

/** Breaks the connection when one packet grows beyond the limit: mqtt.js would keep up to 256 MB of it. */
function bounded(socket: Socket, client: MqttClient): Socket {
	/** Bytes since the last packet. */
	let received = 0;
	const onPacket = () => {
		received = 0;
	};
	client.on("packetreceive", onPacket);
	socket.on("data", ({ length }: Buffer) => {
		received += length;
		if (received > PACKET_LIMIT)
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
