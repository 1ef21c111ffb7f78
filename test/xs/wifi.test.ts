// Wi-Fi and the Client in the real engine, preloaded and frozen: cut and restored, it is one story.

import { FIRST, LOADS, start } from "../support/board.js";
import { startAedes } from "../support/brokers.js";

interface Report {
	connected?: boolean;
	reason?: string;
	up?: boolean;
	[other: string]: unknown;
}

test.each(LOADS)(
	"the connection ends with Wi-Fi and comes back with it; once connected nothing is allocated, %s",
	async (_how, preload) => {
		const { port } = await startAedes();
		const device = await start<Report>({ firmware: "test/xs/firmware/wifi", config: { port }, preload });
		const there = { connected: true, address: "127.0.0.1", SSID: "attic", RSSI: -50 };
		expect(await device.next()).toEqual(there);

		device.board.reading(20);
		expect(await device.next()).toEqual({ slots: 0, chunkBytes: 0, published: 23, sum: -1000 });

		device.board.cut();
		expect(await device.next()).toEqual({
			connected: false,
			reason: expect.stringMatching(/^Wi-Fi: .* was lost/),
			up: false,
		});
		// Each attempt that fails is told, until it is back.
		expect((await device.next()).reason).toMatch(/^Wi-Fi: the access point is not in range/);
		device.board.restore();
		let report: Report;
		do report = await device.next();
		while (!report.connected);
		expect(report).toEqual(there);
	},
	FIRST,
);
