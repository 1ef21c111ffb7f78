// Writes to the state of a preloaded module, and to state of its own.

import * as engine from "desktop/engine";
import * as state from "./state.js";

function outcome(call: () => void): string {
	try {
		call();
		return "written";
	} catch (error) {
		return (error as Error).name;
	}
}

const own = new Uint8Array(1);
engine.report(
	JSON.stringify({
		"typed array": outcome(() => {
			state.typed[0] = 1;
		}),
		"typed array, set": outcome(() => state.typed.set([1])),
		ArrayBuffer: outcome(() => state.buffer.resize(1)),
		DataView: outcome(() => state.view.setInt8(0, 1)),
		Map: outcome(() => {
			state.map.set("a", 1);
		}),
		Set: outcome(() => {
			state.set.add(1);
		}),
		object: outcome(() => {
			state.object.a = 2;
		}),
		array: outcome(() => {
			state.array.push(1);
		}),
		"static field": outcome(() => {
			state.Class.field = 2;
		}),
		"built-in": outcome(() => {
			(Array.prototype as unknown as Record<string, unknown>).extra = 1;
		}),
		let: outcome(() => state.increment()),
		instance: outcome(() => {
			new state.Class().value = 2;
		}),
		"module that is not preloaded": outcome(() => {
			own[0] = 1;
		}),
	}),
);
engine.exit(0);
