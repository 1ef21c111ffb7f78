// A broker behind a slow line, on a clock by hand: it acknowledges what reaches it, and what it sends takes its time.

import mqtt, { type Packet } from "mqtt-packet";
import { concat, PINGRESP, PUBACK, PUBCOMP, PUBREC, SUBACK } from "./packets.js";
import type { Setup } from "./setup.js";

export interface Pace {
	/** Bytes a second to the broker. */
	up: number;
	/** Bytes a second to the board. */
	down: number;
	/** What is written is taken at once and sent from there, as a system with large buffers does, or a proxy. */
	hidden?: boolean;
	/** It answers nothing. */
	mute?: boolean;
}

const STEP = 250;

export class SlowLine {
	/** The packets that have reached the broker. */
	readonly arrived: Packet[] = [];
	private readonly setup: Setup;
	private readonly peer;
	private readonly pace: Pace;
	private readonly parser = mqtt.parser({ protocolVersion: 4 });
	/** What nobody sees any more at the board's end, and the broker not yet. */
	private above: Uint8Array = new Uint8Array(0);
	private below: Uint8Array = new Uint8Array(0);
	/** Bytes, or parts of one, that may pass at the next step. */
	private up = 0;
	private down = 0;

	/** On the setup's last socket, which is connected. */
	constructor(setup: Setup, pace: Pace) {
		this.setup = setup;
		this.peer = setup.peer;
		this.pace = pace;
		this.parser.on("packet", (packet) => this.take(packet));
		this.parser.on("error", (error) => {
			throw error;
		});
	}

	/** The broker sends. */
	send(...packets: Uint8Array[]): void {
		this.below = concat([this.below, ...packets]);
	}

	/** Time passes until `done`, or until `most` milliseconds are over; returns how many have passed. */
	pass(most: number, done: () => boolean = () => false): number {
		let passed = 0;
		for (; passed < most && !done(); passed += STEP) {
			this.setup.clock.advance(STEP);
			if (this.peer.socket.closed) continue;
			this.carryUp();
			this.carryDown();
		}
		return passed;
	}

	private carryUp(): void {
		this.up += (this.pace.up * STEP) / 1000;
		const most = Math.floor(this.up);
		let bytes: Uint8Array;
		if (this.pace.hidden) {
			this.above = concat([this.above, this.peer.take()]);
			bytes = this.above.slice(0, most);
			this.above = this.above.slice(most);
		} else bytes = this.peer.takeSome(most);
		// A line that is idle saves nothing up.
		this.up = bytes.length < most ? 0 : this.up - most;
		if (bytes.length > 0) this.parser.parse(Buffer.from(bytes));
	}

	private carryDown(): void {
		this.down += (this.pace.down * STEP) / 1000;
		const bytes = this.below.slice(0, Math.floor(this.down));
		this.down = this.below.length === 0 ? 0 : this.down - bytes.length;
		this.below = this.below.slice(bytes.length);
		if (bytes.length > 0) this.peer.send(bytes);
	}

	private take(packet: Packet): void {
		this.arrived.push(packet);
		const { cmd, messageId: id = 0 } = packet;
		if (this.pace.mute) return;
		if (cmd === "publish" && packet.qos > 0) this.send(packet.qos === 1 ? PUBACK(id) : PUBREC(id));
		else if (cmd === "pubrel") this.send(PUBCOMP(id));
		else if (cmd === "subscribe") this.send(SUBACK(id, 1));
		else if (cmd === "pingreq") this.send(PINGRESP);
	}
}
