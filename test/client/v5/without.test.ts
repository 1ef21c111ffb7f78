// A build without MQTT 5.0: versions-3.1.1.ts in place of versions.ts.

import { jest } from "@jest/globals";
import type { ClientOptions } from "../../../src/connection/options.js";
import { Place } from "../../support/place.js";

jest.unstable_mockModule("../../../src/versions.js", () => import("../../../src/versions-3.1.1.js"));
const { Client } = await import("../../../src/client.js");

const made = (options: Partial<ClientOptions> = {}) => {
	const place = new Place();
	return { place, client: new Client({ ...place.network, host: "10.0.0.1", clientId: "c", ...options }) };
};

test("speaks 3.1.1 where no version is given", () => {
	const { place, client } = made();
	place.peer.open();
	expect(place.peer.take()[8]).toBe(4);
	expect(client.protocolVersion).toBe(4);
	expect([client.limits, client.received, client.reauthenticate()]).toEqual([undefined, undefined, false]);
});

test("has pipelining without a version: there is no other", () => {
	expect(() => made({ pipelining: true })).not.toThrow();
});

test("an end of the session in 5.0's way throws", () => {
	const { client } = made();
	expect(() => client.close({ withWill: true })).toThrow(/only MQTT 5.0 has them/);
});

test.each([[{ protocolVersion: 5 as const }], [{ authentication: {} as never }]])("%j throws", (options) => {
	expect(() => made(options)).toThrow(/this build has MQTT 3.1.1 only/);
});
