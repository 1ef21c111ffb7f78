// Another program's view of the wire: TCP streams are recorded, and tshark reads them as MQTT.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frame, type Piece, pcap } from "../tools/decode/capture.js";
import { endLater } from "./brokers.js";

/** Of a segment, at most. */
const SEGMENT = 1400;

/** What passed on several connections, in its order. */
export class Capture {
	private readonly pieces: Piece[] = [];
	private readonly ends: { client: number; server: number }[] = [];

	/** Another connection begins; its number. */
	open(): number {
		const connection = this.ends.push({ client: 1, server: 1 }) - 1;
		for (const from of ["client", "server"] as const)
			this.note(connection, {
				from,
				at: 0,
				bytes: new Uint8Array(),
				flags: { syn: true, ack: from === "server" },
			});
		return connection;
	}

	add(connection: number, from: "client" | "server", bytes: Uint8Array): void {
		const ends = this.ends[connection];
		for (let at = 0; at < bytes.length; at += SEGMENT) {
			const part = bytes.slice(at, at + SEGMENT);
			this.note(connection, { from, at: ends[from], bytes: part });
			ends[from] += part.length;
		}
	}

	private note(connection: number, piece: Piece): void {
		this.pieces.push({ ...piece, clientPort: 30_000 + connection, serverPort: 1883 });
	}

	/** For each packet of MQTT its type, and all that is malformed. */
	dissect(): { types: number[]; malformed: string[] } {
		const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-tshark-"));
		try {
			const file = join(folder, "capture.pcap");
			writeFileSync(file, pcap(this.pieces.map(frame)));
			const fields = ["frame.number", "mqtt.msgtype", "_ws.malformed", "_ws.expert.message"];
			const args = ["-r", file, "-T", "fields", "-E", "separator=|", "-E", "aggregator=,"];
			const { error, status, stdout, stderr } = spawnSync(
				"tshark",
				[...args, ...fields.flatMap((field) => ["-e", field])],
				{ encoding: "utf8", maxBuffer: 1 << 28 },
			);
			if (error) throw new Error("tshark is missing: apt-get install tshark");
			if (status !== 0) throw new Error(stderr);
			const types: number[] = [];
			const malformed: string[] = [];
			for (const line of stdout.trimEnd().split("\n")) {
				const [, kinds, wrong, message] = line.split("|");
				if (kinds !== "") types.push(...kinds.split(",").map(Number));
				if (wrong !== "" || /malformed|mqtt/i.test(message)) malformed.push(line);
			}
			return { types, malformed };
		} finally {
			rmSync(folder, { recursive: true });
		}
	}
}

/** A way to a broker's port on which all is recorded; its own port. */
export async function tap(target: number, capture: Capture): Promise<number> {
	const sockets = new Set<Socket>();
	const server = createServer((near) => {
		const far = connect(target, "127.0.0.1");
		const connection = capture.open();
		for (const [from, into, side] of [
			[near, far, "client"],
			[far, near, "server"],
		] as const) {
			sockets.add(from);
			from.setNoDelay(true);
			from.on("data", (bytes) => {
				capture.add(connection, side, bytes);
				into.write(bytes);
			});
			from.on("error", () => {});
			from.on("close", () => {
				sockets.delete(from);
				// What it wrote last still goes on.
				into.end();
			});
		}
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	endLater(async () => {
		for (const socket of sockets) socket.destroy();
		await new Promise((closed) => server.close(closed));
	});
	return (server.address() as AddressInfo).port;
}
