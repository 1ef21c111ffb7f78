// What a test imports as "xs-mqtt/desktop": a simulated board that runs firmware in the real XS engine. See README.md.

export {
	type AbortReason,
	Board,
	type BoardEnd,
	type BoardEvent,
	type BoardOptions,
	type Counters,
	type EventOf,
	type Events,
} from "./board.js";
export { EngineError, type EngineOptions, engine, type Progress } from "./engine.js";
export { sdk } from "./sdk.js";
