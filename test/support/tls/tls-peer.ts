// A broker with TLS at the other end of a fake socket, and a Client over TLS in a fake place: all in one process, with the
// real cryptography, and nothing that waits.

import type { ClientOptions } from "../../../src/connection/options.js";
import type { TlsCapability } from "../../../src/transport/tls/capability.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { Content, RecordReader, record } from "../attacker/records.js";
import { type Script, ScriptedServer } from "../attacker/server.js";
import type { Issued } from "../authority.js";
import type { Clock } from "../clock.js";
import { crypto } from "../crypto.js";
import { concat } from "../packets.js";
import type { Place } from "../place.js";
import { Setup } from "../setup.js";
import type { Peer, Quirks } from "../socket.js";
import { NodeSession } from "./session.js";

/** What TLS needs, in a fake place. */
export const capabilityOf = (
	place: Place,
	session: TlsCapability["session"] = NodeSession,
): TlsCapability => ({
	...crypto,
	session,
	timer: place.network.timer,
});

/** Options of a Client that make it use TLS. */
export const withTls =
	(tls: TlsOptions, options: Partial<ClientOptions> = {}, session?: TlsCapability["session"]) =>
	(place: Place): Partial<ClientOptions> => ({
		streams: { tls: tlsLayer(capabilityOf(place, session)) },
		tls,
		...options,
	});

/** The broker's end of a connection. */
export class TlsPeer {
	readonly peer: Peer;
	readonly server: ScriptedServer;
	/** What has come, decrypted, since it was taken. */
	#heard: Buffer[] = [];
	/** Each record that has come: its type, and whether it was encrypted. */
	readonly records: { type: number; encrypted: boolean; length: number }[] = [];
	/** What the server has written and was not sent yet. */
	#out: Buffer[] = [];
	readonly #reader = new RecordReader();
	readonly #clock: Clock | undefined;

	/** With a clock, time passes while the two talk: what waits for room goes a moment later. */
	constructor(peer: Peer, script: Script, clock?: Clock) {
		this.peer = peer;
		this.#clock = clock;
		this.server = new ScriptedServer(
			script,
			(bytes) => this.#out.push(bytes),
			(bytes) => this.#heard.push(bytes),
		);
	}

	/** Takes what was sent, and answers, until nothing more is said; `rewrite` may change what goes to the client. */
	talk(rewrite: (bytes: Buffer) => Buffer[] = (bytes) => [bytes]): void {
		for (let isOver = false; !isOver; ) {
			isOver = !this.absorb();
			const out = this.#out.splice(0).flatMap(rewrite);
			for (const each of out) if (!this.peer.socket.closed) this.peer.send(each);
			isOver &&= out.length === 0;
			if (this.peer.socket.closed) return;
			if (!isOver) this.#clock?.advance(1);
		}
	}

	/** Takes what was sent; whether anything was. */
	absorb(): boolean {
		let encrypted = this.records.some(({ type }) => type === Content.CHANGE_CIPHER_SPEC);
		const bytes = this.peer.take();
		for (const each of this.#reader.push(bytes)) {
			this.records.push({ type: each.type, encrypted, length: each.body.length });
			encrypted ||= each.type === Content.CHANGE_CIPHER_SPEC;
			this.server.take(each);
		}
		if (this.#reader.broken) throw new Error("what came is no TLS");
		return bytes.length > 0;
	}

	/** What came since, decrypted. */
	take(): Uint8Array {
		this.absorb();
		return concat(this.#heard.splice(0));
	}

	/** What is encrypted for the client, a record for each part, in one go. */
	encrypt(...parts: readonly Uint8Array[]): Uint8Array {
		for (const part of parts) this.server.sendProtected(Content.APPLICATION_DATA, part);
		return concat(this.#out.splice(0));
	}

	send(...parts: readonly Uint8Array[]): void {
		this.peer.send(this.encrypt(...parts));
	}

	/** The server says that it goes, encrypted. */
	closeNotify(): Uint8Array {
		this.server.sendProtected(Content.ALERT, Buffer.of(1, 0));
		return concat(this.#out.splice(0));
	}
}

/** The broker of a test: its certificate and its authority's, as it sends them. */
export const scriptOf = (broker: Issued, authority: Issued, more: Partial<Script> = {}): Script => ({
	chain: [broker.der, authority.der],
	key: broker.key,
	...more,
});

/** A Client that has opened TCP. */
export function dialed(
	tls: TlsOptions,
	script: Script,
	options: Partial<ClientOptions> = {},
	quirks: Quirks = {},
): { setup: Setup; tls: TlsPeer } {
	const setup = new Setup(withTls(tls, { host: "127.0.0.1", ...options }), quirks);
	return { setup, tls: new TlsPeer(setup.peer, script, setup.clock) };
}

/** An alert in the clear. */
export const alert = (level: number, description: number): Buffer =>
	record(Content.ALERT, Buffer.of(level, description));
