// The TLS session of the desktop host on a socket of its own, with nobody between: what it says and how it says it.

import TCP from "embedded:io/socket/tcp";
import * as engine from "desktop/engine";
import config from "mc/config";
import { TlsSession } from "../../../hosts/desktop/session.js";

export interface SessionConfig {
	port: number;
	serverName?: string;
	alpn?: string[];
	fragmentLength?: number;
	certificates?: number[][];
	key?: number[];
	/** Sent when the handshake is over. */
	text?: string;
	/** What `verify` says. */
	trust: boolean;
	/** There is no room for application data. */
	full?: boolean;
}

const { port, serverName, alpn, fragmentLength, certificates, key, text, trust, full } =
	config as unknown as SessionConfig;

const CLIENT_HELLO = 1;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;

const tell = (event: string, more: object = {}) => engine.report(JSON.stringify({ event, ...more }));

const session = new TlsSession({
	verify: true,
	serverName,
	applicationLayerProtocolNegotiation: alpn,
	tls_max_fragment_length: fragmentLength,
	clientCertificates: certificates?.map((bytes) => Uint8Array.from(bytes)),
	clientKey: key && Uint8Array.from(key),
	protocolVersion: 0x303,
	cache: false,
});
session.certificateManager.verify = (chain) => {
	tell("verify", { lengths: chain.map(({ length }) => length), leaf: Array.from(chain[0]) });
	return trust;
};
session.initiateHandshake();

/** Counts down what was announced, as the SDK's socket does. */
const socket = {
	readable: 0,
	writable: 0,
	read: (view: Uint8Array) => tcp.read(view),
	write: (bytes: Uint8Array) => {
		tell("written", {
			type: bytes[0],
			length: bytes.length,
			...(bytes[0] === HANDSHAKE && bytes[5] === CLIENT_HELLO ? { hello: Array.from(bytes) } : {}),
		});
		if (full && bytes[0] === APPLICATION_DATA) throw new Error("would block");
		return tcp.write(bytes);
	},
};
let ready = false;

const step = () => {
	try {
		while (!ready) {
			const before = socket.readable;
			ready = session.handshake(socket);
			if (ready) {
				tell("ready", { alert: session.alert ?? null });
				if (text)
					tell("room", {
						room: session.write(
							socket,
							Uint8Array.from(text, (c) => c.charCodeAt(0)),
						),
					});
			} else if (socket.readable === before && before === 0) break;
		}
		while (ready && socket.readable > 0) {
			const bytes = session.read(socket);
			if (bytes === undefined) break;
			tell("read", { text: bytes === null ? null : String.fromCharCode(...bytes) });
			if (bytes === null) break;
		}
	} catch (error) {
		tell("thrown", { message: (error as Error).message });
		tcp.close();
	}
};

const tcp = new TCP({
	address: "127.0.0.1",
	port,
	onReadable(count) {
		socket.readable = count;
		step();
	},
	onWritable(count) {
		socket.writable = count;
		step();
	},
	onError: () => tell("error"),
});
