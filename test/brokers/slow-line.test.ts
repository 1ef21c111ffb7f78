// A board in the real engine behind a line of 1 KB/s, with a real broker: what is long arrives whole, and once.

import { RecordingProxy } from "../delivery/proxy.js";
import { FIRST, STACKS, start } from "../support/board.js";
import { endLater, judge, startMosquitto, unique } from "../support/brokers.js";
import type { Report } from "./firmware/slow-line.js";

/** Each way: it takes more than twice as long as an answer may. */
const TOTAL = 24 * 1024;

const bytes = Buffer.from(Array.from({ length: TOTAL }, (_, i) => (i * 7) & 255));

test(
	"24 KB each way at 1 KB/s, with the defaults, arrive whole and once, whatever the sockets",
	async () => {
		const broker = await startMosquitto();
		const proxy = await RecordingProxy.to(broker.port);
		endLater(() => proxy.stop());
		proxy.pace = { most: 256, wait: 250, bytes: Number.POSITIVE_INFINITY };
		await Promise.all(
			STACKS.map(async (stack) => {
				const clientId = unique(stack);
				const other = await (await judge(broker.port)).subscribe(clientId);
				const app = await start<Report>({
					firmware: "test/brokers/firmware/slow-line",
					stack,
					config: { port: proxy.port, clientId, total: TOTAL },
				});
				await app.next(({ event }) => event === "subscribed");
				await other.publish(`${clientId}/down`, bytes, 1);
				for (const wanted of ["delivered", "message"])
					await app.next(({ event }) => event === wanted || event === "disconnected");
				await other.settled();
				expect(other.on(clientId).map((seen) => seen.bytes.equals(bytes))).toEqual([true]);
				expect(app.all.filter(({ event }) => event !== "delivered")).toEqual([
					{ event: "connected" },
					{ event: "subscribed" },
					{ event: "message", total: TOTAL, wrong: 0 },
				]);
			}),
		);
	},
	FIRST,
);
