// To another server than the options name, where the broker has sent us and the app has agreed (section 4.11).

import { Dialer, isAddress } from "../dialer.js";

const enum Redirect {
	/** Redirects in a row that are followed; then it is the original's turn again. */
	HOPS = 3,
}

export class Dialer5 extends Dialer {
	// A client that was sent nowhere has none of these: they take no heap.
	/** Where the broker has sent us. */
	private target?: string;
	private targetPort?: number;
	/** The target stays for later connects, as long as it can be reached. */
	private lasts?: boolean;
	/** Redirects in a row. */
	private hops?: number;

	protected override get host(): string {
		return this.target ?? super.host;
	}

	protected override get port(): number {
		return this.target === undefined ? super.port : this.targetPort!;
	}

	protected override get isAddress(): boolean {
		return this.target === undefined ? super.isAddress : isAddress(this.target);
	}

	/** The port that a server has whose name came without one. */
	get defaultPort(): number {
		return super.port;
	}

	/** Whether another redirect may be followed. */
	get follows(): boolean {
		return (this.hops ?? 0) < Redirect.HOPS;
	}

	/** The next attempt goes there. @param lasts those behind it too, as long as it can be reached */
	redirect(host: string, port: number, lasts: boolean): void {
		this.target = host;
		this.targetPort = port;
		this.lasts = lasts;
		this.hops = (this.hops ?? 0) + 1;
	}

	/** A connection to a temporary server has ended: the next attempt goes to the original host. */
	leaveTemporaryServer(): void {
		if (this.target !== undefined && !this.lasts) this.target = undefined;
	}

	/** Counts redirects from 0 again. */
	resetHops(): void {
		if (this.hops !== undefined) this.hops = 0;
	}

	override turnToNext(refused: boolean): boolean {
		if (this.target === undefined) return super.turnToNext(refused);
		// The original is there, and may know better.
		this.target = undefined;
		this.lasts = false;
		return false;
	}
}
