// The modules the desktop host has built in. The first five have the names and shapes they have on boards.

declare function trace(...text: unknown[]): void;

declare module "timer" {
	type Id = { readonly __timer: unique symbol };
	export default class Timer {
		static set(callback: (id: Id) => void, delay?: number, repeat?: number): Id;
		static repeat(callback: (id: Id) => void, interval: number): Id;
		/** Without a delay: unscheduled, until it is scheduled again. */
		static schedule(id: Id, delay?: number, repeat?: number): void;
		static clear(id?: Id): void;
	}
}

declare module "time" {
	export default class Time {
		/** Milliseconds, monotonic, 32 bits that wrap: compare as (now - then) | 0. */
		static readonly ticks: number;
		static readonly microseconds: number;
		static delta(start: number, end?: number): number;
		/** What `Date.now` tells, in seconds since 1970, 0 to 4294967295. Fractions count. */
		static set(seconds: number): void;
	}
}

declare module "embedded:io/socket/tcp" {
	type Bytes = ArrayBufferLike | ArrayBufferView;
	export interface TCPOptions {
		address: string;
		port: number;
		noDelay?: boolean;
		format?: "buffer" | "number";
		target?: unknown;
		onReadable?(this: TCP, count: number): void;
		onWritable?(this: TCP, count: number): void;
		onError?(this: TCP): void;
	}
	export default class TCP {
		constructor(options: TCPOptions);
		/** Fills the view exactly and returns its length; throws when fewer bytes are there, undefined when none. */
		read(view: Bytes): number | undefined;
		read(count?: number): ArrayBuffer | number | undefined;
		/** The room left; undefined once the socket has failed. Throws when not all of it fits. */
		write(data: Bytes | number): number | undefined;
		close(): void;
		format: "buffer" | "number";
		readonly remoteAddress: string;
		readonly remotePort: number;
		target?: unknown;
	}
}

declare module "embedded:network/dns/resolver/udp" {
	export interface Request {
		host: string;
		onResolved?(this: Resolver, host: string, address: string): void;
		onError?(this: Resolver, host: string): void;
	}
	export default class Resolver {
		constructor(options?: { servers?: string[]; socket?: unknown });
		resolve(request: Request): void;
		close(): void;
	}
}

declare module "embedded:network/interface/wifi" {
	/** Finds every access point while the network is not cut. One at a time. */
	export default class WiFi {
		constructor(options: { onChanged?(property: string): void });
		connect(options: { SSID: string; password?: string }): void;
		disconnect(): void;
		scan(options: { onFound(found: { SSID: string }): void; onComplete(): void }): void;
		close(): void;
		/** 200 disconnected, 300 connecting, 400 associated, 500 with an address. */
		readonly connection: number;
		readonly address: string | undefined;
		readonly SSID: string | undefined;
		readonly RSSI: number | undefined;
	}
}

declare module "mc/config" {
	// biome-ignore lint/suspicious/noExplicitAny: as in Moddable's own typings
	const config: Readonly<Record<string, any>>;
	export default config;
}

declare module "desktop/engine" {
	/** Counters start again at 0. */
	export function mark(): void;
	export function collect(): void;
	/** Since the mark: slots allocated, bytes of chunks allocated (as on a board), collections, work. */
	export function slots(): number;
	export function chunkBytes(): number;
	export function collections(): number;
	export function meter(): number;
	/** In use by the application, garbage included: collect first. */
	export function liveSlots(): number;
	export function liveChunkBytes(): number;
	export function exit(status?: number): never;
	/** A line {"type":"report","text":...} of the protocol. */
	export function report(text: string): void;
	/** A line {"type":"numbers","values":[...]} of the protocol, four at most. Allocates nothing. */
	export function reportNumbers(...values: number[]): void;
}

declare module "desktop/pipe" {
	type Bytes = ArrayBufferLike | ArrayBufferView;
	export interface PipeOptions {
		onReadable?(this: Pipe, count: number): void;
		onWritable?(this: Pipe, count: number): void;
		onError?(this: Pipe): void;
		target?: unknown;
		format?: "buffer" | "number";
		/** Bytes that can be written before drain. Default 1536. */
		room?: number;
		/** Bytes that can wait to be read. Default 4096. */
		capacity?: number;
		/** read returns fewer bytes than asked instead of throwing, as TLS sockets do. */
		shortReads?: boolean;
		[other: string]: unknown;
	}
	export default class Pipe {
		constructor(options: PipeOptions);
		read(view: Bytes): number | undefined;
		read(count?: number): ArrayBuffer | number | undefined;
		write(data: Bytes | number): number | undefined;
		close(): void;
		format: "buffer" | "number";
		target?: unknown;
		/** Connected: onWritable(room). */
		open(): void;
		/** Bytes arrive: onReadable(all that can be read). */
		feed(bytes: Bytes, length?: number): void;
		/** Room comes back: onWritable(room). */
		drain(room: number): void;
		/** The connection is gone: onError. */
		fail(): void;
		/** Moves what was written since the last take into the view; the number of bytes. */
		take(view: Bytes): number;
		readonly written: number;
		readonly writes: number;
		readonly available: number;
		readonly closed: boolean;
	}
}

declare module "desktop/machine" {
	/** Six bytes in hexadecimal, the same at each start. */
	export const id: string;
	// Each reading is a line {"type":"measured","name":...,"value":...} of the protocol too, under the function's name.
	export function loadAverage(): number;
	/** Bytes. */
	export function freeMemory(): number;
	/** Degrees Celsius, NaN without a sensor. */
	export function temperature(): number;
	/** What the command "reading N" calls. One callback; the next replaces it. */
	export function onReading(callback?: (value: number) => void): void;
	/** What the command "quit" calls instead of ending the process: the firmware then calls exit. */
	export function onQuit(callback?: () => void): void;
}

declare module "desktop/tls" {
	/** OpenSSL's; undefined when the host was built without TLS: then the constructor throws, and says what is missing. */
	export const version: string | undefined;
	/** One TLS 1.2 connection without a socket: records go in, records come out. All of it may throw. */
	export default class Connection {
		/** `protocols` as ALPN has them on the wire; `fragment` is the code of RFC 6066, section 4. */
		constructor(serverName?: string, protocols?: Uint8Array, fragment?: number);
		/** A whole record that came. */
		feed(record: Uint8Array): void;
		/** The broker's certificate is good. Before that the handshake does not pass it. */
		accept(): void;
		/** One of our certificates, in DER: the first is our own. */
		addCertificate(certificate: Uint8Array): void;
		/** The RSA key of the first one, PKCS#8 in DER. */
		useKey(key: Uint8Array): void;
		/** Goes on as far as it can; true when the handshake is over. */
		handshake(): boolean;
		/** Plaintext of the record that was fed, undefined when it has none. */
		decrypt(): ArrayBuffer | undefined;
		encrypt(bytes: Uint8Array): void;
		/** The next record that has to go. */
		take(): ArrayBuffer | undefined;
		/** What the broker has said at the end: level << 8 | description; -1: nothing. */
		readonly alert: number;
	}
}

/** What judging certificates and SCRAM need; throws when the host was built without OpenSSL. Numbers are big-endian. */
declare module "desktop/crypt" {
	export function digest(name: "SHA1" | "SHA256" | "SHA384" | "SHA512", bytes: Uint8Array): ArrayBuffer;
	/** `signature` to the power of `exponent`, modulo `modulus`; as long as the modulus. 2048 bytes each at most. */
	export function rsa(modulus: Uint8Array, exponent: Uint8Array, signature: Uint8Array): ArrayBuffer;
	/** Whether `r` and `s` sign `digest` under `point`, which is uncompressed: false for one that is not on the curve. */
	export function ecdsa(
		curve: "secp256r1" | "secp384r1" | "secp521r1",
		point: Uint8Array,
		digest: ArrayBuffer,
		r: Uint8Array,
		s: Uint8Array,
	): boolean;
	/** HMAC under one key. Results are as long as the digest. Allocates nothing once it is made. */
	export class Hmac {
		constructor(name: "SHA1" | "SHA256" | "SHA384" | "SHA512", key: Uint8Array);
		sign(bytes: Uint8Array, result: Uint8Array): void;
		/** `count` times: `link` becomes its own HMAC, and `sum` is XORed with it. */
		iterate(link: Uint8Array, sum: Uint8Array, count: number): void;
	}
}

/** What WebSocket needs of a computer. Nothing allocates. */
declare module "desktop/bytes" {
	/** All of `bytes` are combined with the mask's in turn, in place. */
	export function xor(bytes: Uint8Array, mask: Uint8Array): void;
	/** A whole number of 32 bits that nobody can foretell. */
	export function random(): number;
}

declare module "desktop/certificates" {
	/**
	 * Whether OpenSSL finds that `chain`, the broker's own first, leads to one of `authorities`, is for `name` (a host name or
	 * an address) and valid at `seconds` since 1970. Both hold certificates in DER, one behind the other.
	 */
	export function verify(chain: Uint8Array, authorities: Uint8Array, name: string, seconds: number): boolean;
}
