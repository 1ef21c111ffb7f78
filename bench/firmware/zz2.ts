import * as engine from "desktop/engine";
import { Line, release } from "./harness.js";
import Pipe from "desktop/pipe";
let out = "";
const live = () => { engine.collect(); return [engine.liveSlots(), engine.liveChunkBytes()]; };
const keep: unknown[] = [];
function m(name: string, make: () => unknown): any {
	release();
	const [s, c] = live();
	const it = make();
	const [s2, c2] = live();
	out += `${name}: ${s2 - s} slots ${c2 - c} chunk = ${(s2 - s) * 16 + c2 - c}\n`;
	keep.push(it);
	return it;
}
m("line", () => new Line({ clientId: "bench" }));
m("pipe", () => new Pipe({}));
const line: any = m("unconnected", () => new Line({ clientId: "bench" }, undefined, false));
m("connected", () => new Line({ clientId: "bench" }));
const count = (o: any, d: number, seen: Set<any>): string => {
	if (typeof o !== "object" || o === null || seen.has(o)) return "";
	seen.add(o);
	let r = "";
	const names = Object.getOwnPropertyNames(o);
	r += `${" ".repeat(d)}${o.constructor?.name} ${names.length}\n`;
	for (const n of names) { const v = o[n]; if (typeof v === "object" && v !== null && !(ArrayBuffer.isView(v)) && !(v instanceof ArrayBuffer)) r += `${" ".repeat(d)} .${n}\n` + count(v, d + 2, seen); else r += `${" ".repeat(d)} ${n}${ArrayBuffer.isView(v) ? " VIEW" : ""}\n`; }
	return r;
};
out += count(line.client, 0, new Set());
engine.report(out);
engine.exit(0);
