// What test/simulator writes for its firmware.

declare module "primitives/vectors" {
	/** What to call, with what. */
	export const vectors: readonly (readonly [primitive: string, args: string[]])[];
}

declare module "guarded/visits" {
	import type { TlsOptions } from "xs-mqtt/tls";

	/** Where to connect, one after the other. With `tls: {}`: `ca` is the resource "ca.der". */
	export const visits: readonly { port: number; tls?: TlsOptions; webSocket?: object; payload?: number }[];
}
