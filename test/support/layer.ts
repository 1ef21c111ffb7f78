// TLS or WebSocket as a Client sees it, with nothing in between: what it was given, and reasons at the test's hand.

import type { Layer, StreamOwner } from "../../src/transport/stream.js";
import type { Reason } from "../../src/wire/reason.js";

export class FakeLayer {
	/** Host, address and port of each stream asked for. */
	readonly opened: [host: string, address: string, port: number][] = [];
	/** The options given to the layer. */
	options: unknown = undefined;
	readonly #awaitsClock: (() => boolean) | undefined;
	#owner: StreamOwner | undefined = undefined;

	constructor(awaitsClock?: () => boolean) {
		this.#awaitsClock = awaitsClock;
	}

	readonly layer: Layer<unknown> = (options, below) => {
		this.options = options;
		const awaitsClock = this.#awaitsClock;
		return {
			open: (host, address, port, owner) => {
				this.opened.push([host, address, port]);
				this.#owner = owner;
				return below.open(host, address, port, owner);
			},
			get awaitsClock() {
				return awaitsClock?.();
			},
		};
	};

	/** The last stream fails, and says why. */
	fail(reason?: Reason): void {
		this.#owner!.onError(reason);
	}
}
