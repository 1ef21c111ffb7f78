// A redirect over TLS: the new name is the one verified, and credentials go to nobody else.

import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { jest } from "@jest/globals";
import { network } from "../../../hosts/node/network.js";
import { Client, type ClientOptions } from "../../../src/index.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { Authority, type Issued } from "../../support/authority.js";
import { endLater, Inbox } from "../../support/brokers.js";
import { CONNACK5, data } from "../../support/packets5.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

let ca: Authority;
let first: Issued;
let second: Issued;

beforeAll(() => {
	ca = new Authority();
	first = ca.issue({ names: "DNS:first.test" });
	second = ca.issue({ names: "DNS:second.test", privateKey: first.key });
	endLater(() => ca.remove());
});

/** A broker that answers CONNECT so; `connects` has those that it has read. */
async function broker({ key, pem }: Issued, connack: () => Uint8Array) {
	const connects = new Inbox<string>();
	const server: Server = createServer({ key, cert: pem }, (socket) => {
		socket.on("error", () => {});
		socket.on("data", (bytes) => {
			connects.push(bytes.toString("latin1"));
			socket.write(connack());
		});
	});
	server.on("tlsClientError", () => {});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	endLater(() => {
		server.close();
	});
	return { connects, port: (server.address() as AddressInfo).port };
}

/** All names are on this computer. */
class Resolver {
	resolve({ host, onResolved }: { host: string; onResolved(host: string, address: string): void }): void {
		setTimeout(() => onResolved(host, "127.0.0.1"), 1);
	}
	close(): void {}
}

/** What becomes of a redirect from the first broker to one at `host`, which shows `shown`. */
async function redirect(host: string, shown: Issued, tls: TlsOptions, options: Partial<ClientOptions> = {}) {
	const target = await broker(shown, () => CONNACK5());
	const origin = await broker(first, () => CONNACK5(false, 0x9c, [data(0x1c, `${host}:${target.port}`)]));
	const told = new Inbox<string>();
	const client = new Client({
		...network,
		dns: { io: Resolver },
		protocolVersion: 5,
		host: "first.test",
		port: origin.port,
		clientId: "c",
		username: "ann",
		password: "secret",
		tls,
		reconnectMinimum: 60_000,
		onRedirect: () => true,
		onConnected: () => told.push("connected"),
		onDisconnected: ({ message }) => told.push(message),
		...options,
	});
	endLater(() => client.close());
	await told.atLeast(2);
	return { told: told.all, seen: target.connects.all.filter((bytes) => bytes.includes("secret")).length };
}

const redirected = expect.stringContaining("use another server");
const wrongName = expect.stringContaining("for another name");

test("the new server has the certificate for its name", async () => {
	const { told, seen } = await redirect("second.test", second, { ca: ca.own.pem });
	expect(told).toEqual([redirected, "connected"]);
	expect(seen).toBe(1);
});

test("a certificate for the first name is not enough at the new one", async () => {
	const { told, seen } = await redirect("second.test", first, { ca: ca.own.pem });
	expect(told).toEqual([redirected, wrongName]);
	expect(seen).toBe(0);
});

test("serverName is the name of the first one only", async () => {
	const tls = { ca: ca.own.pem, serverName: "first.test" };
	expect((await redirect("second.test", second, tls)).told).toEqual([redirected, "connected"]);
	const { told, seen } = await redirect("second.test", first, tls);
	expect(told).toEqual([redirected, wrongName]);
	expect(seen).toBe(0);
});

test("a pin holds for the new one, too", async () => {
	const { told, seen } = await redirect("second.test", second, { pin: first.pin });
	expect(told[0]).toEqual(redirected);
	expect(told[1]).not.toBe("connected");
	expect(seen).toBe(0);
});
