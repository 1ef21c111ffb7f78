// What of TLS is ours allocates nothing for a record, in the real engine: what does is the session's.

import { resolve } from "node:path";
import { type Issued, selfSigned } from "../support/authority.js";
import { FIRST, reportOf } from "../support/board.js";

let broker: Issued;
beforeAll(() => {
	const own = selfSigned({ key: "P-256" });
	own.remove();
	broker = own;
});

interface Cost {
	slots: number;
	chunkBytes: number;
	collections: number;
	ops: number;
}

test.each([
	["loaded from source", []],
	["preloaded and frozen", ["src/transport/tls/layer"].map((name) => resolve(`build/${name}.js`))],
])(
	"1000 records each way, %s",
	async (_how, preload) => {
		const { heard, securely } = await reportOf<{ heard: number; securely: { [how: string]: Cost } }>({
			firmware: "test/xs/firmware/tls-garbage",
			preload,
			config: { broker: [...broker.der] },
		});
		expect(heard).toBe(54);
		const { read, write } = securely;
		const nothing = { slots: 0, chunkBytes: 0, collections: 0, ops: expect.any(Number) };
		expect({ read, write }).toEqual({ read: nothing, write: nothing });
	},
	FIRST,
);
