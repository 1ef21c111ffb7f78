// An ESP8266 has 256 slots of stack: an app that does everything in callbacks must get by with them.

import { FIRST, LOADS, STACKS, start } from "../support/board.js";
import { startAedes, startMosquitto, unique } from "../support/brokers.js";

const [, [, preload]] = LOADS;

describe.each([
	// Its own message, that of the handler, and that of Status.
	["subscribing and publishing in callbacks", "deep", 3],
	// That of Status, and four of the group, which follow each other.
	["groups and details in callbacks", "deep-telemetry", 5],
])("%s", (_what, name, messages) => {
	const versions = [
		["MQTT 3.1.1", 4, startMosquitto],
		["MQTT 5.0", 5, startMosquitto],
		["MQTT 3.1.1 after 5.0 was refused", undefined, startAedes],
	] as const;
	test.each(STACKS.flatMap((stack) => versions.map((version) => [stack, ...version] as const)))(
		"with sockets of %s, in %s",
		async (stack, _version, protocolVersion, startBroker) => {
			const { port } = await startBroker();
			const config = { port, topic: unique("deep"), protocolVersion };
			const firmware = `test/brokers/firmware/${name}`;
			const device = await start({ firmware, board: "esp8266", stack, preload, config });
			for (let i = 0; i < messages; i++) await device.next();
			expect((await device.board.counters()).stack).toBeLessThan(256);
		},
		FIRST,
	);
});
