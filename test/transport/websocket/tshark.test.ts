// What another program sees on the wire: tshark reads a conversation as HTTP, WebSocket and MQTT.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf, CONNACK, concat, PINGRESP, PUBACK, PUBLISH, SUBACK } from "../../support/packets.js";
import { carryOver } from "../../support/place.js";
import { Setup } from "../../support/setup.js";
import { ACCEPTANCE, CLOSING, FRAME, PING, textOf } from "../../support/websocket.js";
import { webSocketCarrier } from "../../support/websocket-peer.js";
import { frame, type Piece, pcap } from "../../tools/decode/capture.js";

/** tshark 4.0 does not know by itself what the subprotocol mqtt is. */
const SCRIPT = 'DissectorTable.get("ws.protocol"):add("mqtt", Dissector.get("mqtt"))\n';

/** What tshark says of each frame of a capture, one line each, by these fields. */
function dissect(capture: Buffer, ...fields: string[]): string[] {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-tshark-"));
	try {
		const file = join(folder, "capture.pcap");
		const script = join(folder, "mqtt.lua");
		writeFileSync(file, capture);
		writeFileSync(script, SCRIPT);
		const names = fields.flatMap((field) => ["-e", field]);
		const { error, status, stdout, stderr } = spawnSync(
			"tshark",
			[
				"-X",
				`lua_script:${script}`,
				"-r",
				file,
				"-T",
				"fields",
				"-E",
				"separator=|",
				"-E",
				"aggregator= ",
				...names,
			],
			{ encoding: "utf8" },
		);
		if (error) throw new Error("tshark is missing: apt-get install tshark");
		if (status !== 0) throw new Error(stderr);
		return stdout.trimEnd().split("\n");
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test("a conversation over WebSocket", () => {
	carryOver(webSocketCarrier);
	const setup = new Setup({ keepAlive: 10_000 });
	const { socket } = setup.peer;
	const pieces: Piece[] = [];
	const at = { client: 1, server: 1 };
	const add = (from: "client" | "server", bytes: Uint8Array) => {
		if (bytes.length > 0) pieces.push({ from, at: at[from], bytes, serverPort: 80 });
		at[from] += bytes.length;
	};
	/** What the client has written, each write a segment. */
	let seen = 0;
	const sent = () => {
		for (; seen < socket.writes.length; seen++) add("client", socket.writes[seen]);
		socket.taken();
		setup.clock.settle();
	};
	const send = (...parts: Uint8Array[]) => {
		const bytes = concat(parts);
		add("server", bytes);
		socket.arrive(bytes);
		setup.clock.settle();
		sent();
	};
	socket.options.onWritable.call(socket, 1536);
	sent();
	send(ACCEPTANCE(textOf(socket.writes[0])));
	send(FRAME(CONNACK()));
	setup.client.subscribe("in/#", 1, () => {});
	sent();
	send(FRAME(SUBACK(1, 1)));
	setup.client.publish("out/short", "hello", 1);
	setup.client.publish("out/long", "x".repeat(300), 0);
	sent();
	send(FRAME(PUBACK(2)), FRAME("there?", { opcode: PING }));
	send(
		FRAME(PUBLISH("in/pieces", "in pieces").slice(0, 6), { fin: false }),
		FRAME(PUBLISH("in/pieces", "in pieces").slice(6), { opcode: 0 }),
	);
	setup.clock.advance(9000);
	sent();
	send(FRAME(PINGRESP));
	send(CLOSING(1001, "restart"));
	carryOver(undefined);

	const frames = [
		frame({ from: "client", at: 0, bytes: bytesOf(""), flags: { syn: true, ack: false }, serverPort: 80 }),
		frame({ from: "server", at: 0, bytes: bytesOf(""), flags: { syn: true }, serverPort: 80 }),
		...pieces.map(frame),
	];
	const lines = dissect(
		pcap(frames),
		"http.request.uri",
		"http.response.code",
		"websocket.opcode",
		"websocket.mask",
		"mqtt.msgtype",
		"mqtt.topic",
		"_ws.malformed",
	).slice(2);
	expect(lines).toEqual([
		"/mqtt||||||",
		"|101|||||",
		"||2|1|1||", // CONNECT
		"||2|0|2||",
		"||2|1|8|in/#|",
		"||2|0|9||",
		"||2|1|3|out/short|",
		"||2|1|3|out/long|",
		"||2 9|0 0|4||", // PUBACK, and a ping
		"||10|1|||", // its pong
		"||2 0|0 0|3|in/pieces|",
		"||2|1|12||", // PINGREQ
		"||2|0|13||",
		"||8|0|||",
		"||8|1|||",
	]);
});
