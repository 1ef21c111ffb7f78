import * as engine from "desktop/engine";
import { Line, time } from "./harness.js";
let out = "";
const line = new Line({ keepAlive: 60_000 });
const { pipe } = line;
const pingresp = Uint8Array.of(0xd0, 0);
for (let i = 0; i < 4; i++) {
	const w = pipe.writes;
	while (pipe.writes === w) { engine.mark(); line.wake(); out += `${time()}: ${engine.meter()}\n`; }
	engine.mark(); pipe.feed(pingresp); out += `feed ${engine.meter()}\n`;
}
engine.report(out);
engine.exit(0);
