// What the check of certificates takes of a board's heap, in the real engine.

import { resolve } from "node:path";
import { FIRST, reportOf } from "../support/board.js";
import { CA, certificate, pem } from "../support/certificates.js";
import { keys, MIDDLE, middle, root, server } from "../transport/tls/cases.js";

interface Cost {
	meter: number;
	slots: number;
	chunkBytes: number;
	collections: number;
	heldSlots: number;
	heldChunkBytes: number;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test(
	"to judge two certificates takes little, and holds nothing",
	async () => {
		const own = certificate({ pair: keys.server, by: MIDDLE, extensions: CA });
		const { trusted, results } = await reportOf<{ trusted: boolean; results: Record<string, Cost> }>({
			firmware: "test/xs/firmware/chain-cost",
			board: "none",
			preload: ["settings", "chain"].map((name) => resolve(`build/src/transport/tls/${name}.js`)),
			config: {
				ca: hex(root),
				certificate: pem(own),
				key: keys.server.privateKey.export({ type: "pkcs1", format: "pem" }),
				chain: [server({ by: MIDDLE }), middle].map(hex).join(" "),
			},
		});
		expect(trusted).toBe(true);
		const { judge, fromDer, fromPem } = results;
		expect([judge.heldSlots, judge.heldChunkBytes, judge.collections]).toEqual([0, 0, 0]);
		// All of it is garbage, most of it at once: the heap that the handshake needs beside it is several times as large.
		expect(16 * judge.slots + judge.chunkBytes).toBeLessThan(4500);
		// What is given as DER is not copied; of PEM nothing stays but the DER in it.
		expect(fromDer.chunkBytes).toBeLessThan(root.length / 2);
		const der = 2 * own.length + keys.server.privateKey.export({ type: "pkcs8", format: "der" }).length;
		expect(fromPem.heldChunkBytes).toBeLessThan(der + 100);
	},
	FIRST,
);
