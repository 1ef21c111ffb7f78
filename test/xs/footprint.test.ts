// Small is a feature: an ESP8266 has 28 KB for all of an app.

import type { Memory } from "../../bench/firmware/memory.js";
import { FIRST, reportOf } from "../support/board.js";

test(
	"a client takes no more heap than it did: 7,500 bytes in 3.1.1, 8,500 in 5.0, its smallest 5,600",
	async () => {
		const { client, client5, smallest } = await reportOf<Memory>({
			firmware: "test/xs/firmware/footprint",
			memory: 0,
		});
		expect(client).toBeLessThanOrEqual(7500);
		expect(client5).toBeLessThanOrEqual(8500);
		expect(smallest).toBeLessThanOrEqual(5600);
		// It is counted at all.
		expect(smallest).toBeGreaterThan(2000);
		expect(client5).toBeGreaterThan(client);
	},
	FIRST,
);
