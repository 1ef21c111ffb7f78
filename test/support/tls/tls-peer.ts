// A broker with TLS at the other end of a fake socket, and a Client over TLS in a fake place: all in one process, with the
// real cryptography, and nothing that waits.

import type { ClientOptions } from "../../../src/connection/options.js";
import type { TlsCapability } from "../../../src/transport/tls/capability.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { Content, RecordReader, record } from "../attacker/records.js";
import { type Script, ScriptedServer } from "../attacker/server.js";
import type { Issued } from "../authority.js";
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

	constructor(peer: Peer, script: Script) {
		this.peer = peer;
		this.server = new ScriptedServer(
			script,
			(bytes) => this.#out.push(bytes),
			(bytes) => this.#heard.push(bytes),
		);
	}

	/** Takes what was sent, and answers, until nothing more is said; `rewrite` may change what goes to the client. */
	talk(rewrite: (bytes: Buffer) => Buffer[] = (bytes) => [bytes]): void {
		for (;;) {
			this.absorb();
			const out = this.#out.splice(0).flatMap(rewrite);
			if (out.length === 0) return;
			for (const each of out) if (!this.peer.socket.closed) this.peer.send(each);
		}
	}

	/** Takes what was sent. */
	absorb(): void {
		let encrypted = this.records.some(({ type }) => type === Content.CHANGE_CIPHER_SPEC);
		for (const each of this.#reader.push(this.peer.take())) {
			this.records.push({ type: each.type, encrypted, length: each.body.length });
			encrypted ||= each.type === Content.CHANGE_CIPHER_SPEC;
			this.server.take(each);
		}
		if (this.#reader.broken) throw new Error("what came is no TLS");
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
	return { setup, tls: new TlsPeer(setup.peer, script) };
}

/** An alert in the clear. */
export const alert = (level: number, description: number): Buffer =>
	record(Content.ALERT, Buffer.of(level, description));
