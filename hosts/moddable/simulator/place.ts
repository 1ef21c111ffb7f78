// What a simulator has and a board has not: the computer's network, always up, and its name resolution.

import UDP from "embedded:io/socket/udp";
import UdpResolver from "embedded:network/dns/resolver/udp";
import Net from "net";
import type { Resolver } from "../../../src/connection/network.js";

type Request = Parameters<Resolver["resolve"]>[0];

/**
 * The computer's own name resolution, which knows its files and its domain, with the shape of ECMA-419's. On Linux the
 * SDK finds no name whose first address is of IPv6: for those a name server is asked.
 */
class SystemResolver implements Resolver {
	private closed = false;
	private second: Resolver | undefined = undefined;

	resolve(request: Request): void {
		const { host } = request;
		if (host === "localhost") this.ask(request);
		else
			Net.resolve(host, (_name, address) => {
				if (this.closed) return;
				if (address === undefined) this.ask(request);
				else request.onResolved(host, address);
			});
	}

	close(): void {
		this.closed = true;
		this.second?.close();
	}

	private ask(request: Request): void {
		this.second ??= new UdpResolver({ servers: nameServers(), socket: { io: UDP } } as never) as Resolver;
		this.second.resolve(request);
	}
}

function nameServers(): string[] {
	const servers = Net.get("DNS"); // macOS knows them
	return servers?.length > 0 ? servers : ["1.1.1.1"];
}

export const dns = Object.freeze({ io: SystemResolver as never });

export function wifi(): undefined {
	return undefined;
}

/** The MAC address in hexadecimal digits, or where the SDK does not know it (Linux) the address, of this computer. */
export function deviceId(): string {
	const text: string = Net.get("MAC") ?? Net.get("IP") ?? "simulator";
	return text.split(":").join("");
}
