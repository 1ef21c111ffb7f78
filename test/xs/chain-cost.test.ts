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
		console.log(results);
		expect(trusted).toBe(true);
	},
	FIRST,
);
