// SCRAM in the real engine, on the host's digests and timers: what it answers, what it allocates, how long it stalls others.

import * as engine from "desktop/engine";
import config from "mc/config";
import Time from "time";
import Timer from "timer";
import { network } from "../../../hosts/desktop/network.js";
import { Scram, type ScramOptions } from "../../../src/authentication/index.js";
import { Reason } from "../../../src/wire/reason.js";

const { challenge, final, nonce, ...options } = config as unknown as ScramOptions & {
	nonce: string;
	challenge: string;
	final: string;
};

// TypeScript's library does not know XS's own.
const toText = (bytes: Uint8Array) =>
	(String as object as { fromArrayBuffer(buffer: unknown): string }).fromArrayBuffer(bytes.buffer);

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Always the same nonce. */
class Fixed extends Scram {
	protected override newNonce(): Uint8Array {
		return bytes(nonce);
	}
}

/** Bytes of a board's heap that are in use. */
const live = () => {
	engine.collect();
	return engine.liveSlots() * 16 + engine.liveChunkBytes();
};

const without = live();
const scram = new Fixed({ ...network, timer: Timer, ...options });
let longest = 0;
let turns = 0;
let before = 0;

Timer.repeat(() => {
	const now = Time.ticks;
	longest = Math.max(longest, (now - before) | 0);
	before = now;
	turns++;
}, 1);

const first = toText(scram.begin());
const message = bytes(challenge);
const proof = bytes(final);
before = Time.ticks;
engine.collect();
engine.mark();
scram.respond(message, (answer) => {
	const allocated = engine.slots() * 16 + engine.chunkBytes();
	const work = engine.meter();
	const said = answer instanceof Reason ? answer.message : toText(answer!);
	const failure = scram.finish(proof)?.message ?? "";
	scram.stop();
	const held = live() - without;
	engine.report(JSON.stringify({ held, first, said, failure, allocated, work, longest, turns }));
	engine.exit(0);
});
