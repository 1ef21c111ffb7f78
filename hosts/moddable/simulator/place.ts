// What a simulator has and a board has not: the computer's network, always up, and its name resolution.

import Net from "net";
import type { Resolver } from "../../../src/network/network.js";

/** The computer's own name resolution, with the shape of ECMA-419's. */
class SystemResolver implements Resolver {
	private closed = false;

	resolve(request: Parameters<Resolver["resolve"]>[0]): void {
		const { host } = request;
		Net.resolve(host, (_name, address) => {
			if (this.closed) return;
			if (address === undefined) request.onError(host);
			else request.onResolved(host, address);
		});
	}

	close(): void {
		this.closed = true;
	}
}

export const dns = Object.freeze({ io: SystemResolver as never });

export function wifi(): undefined {
	return undefined;
}

/** The MAC address in hexadecimal digits, or where the SDK does not know it (Linux) the address, of this computer. */
export function deviceId(): string {
	const text: string = Net.get("MAC") ?? Net.get("IP") ?? "simulator";
	return text.split(":").join("").toLowerCase();
}
