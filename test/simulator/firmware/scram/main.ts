// SCRAM on the SDK's digests: the vector of RFC 7677 (section 3), again and again, as if it were the first time. Traces what
// it answers, the milliseconds that it took, and the longest time in which another timer had no turn; then "done".

import Time from "time";
import Timer from "timer";
import { network } from "xs-mqtt/network";
import { Scram } from "xs-mqtt/scram";

const enum Trial {
	COUNT = 3,
}

const CHALLENGE = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const PROOF = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

class Fixed extends Scram {
	protected override newNonce(): Uint8Array {
		return new Uint8Array(ArrayBuffer.fromString("rOprNGfwEbeRWgbNEkqO"));
	}
}

let longest = 0;
let before = Time.ticks;
Timer.repeat(() => {
	const now = Time.ticks;
	if (now - before > longest) longest = now - before;
	before = now;
}, 1);

const attempt = (left: number): void => {
	if (left === 0) {
		trace("done\n");
		return;
	}
	const scram = new Fixed({ ...network, username: "user", password: "pencil" });
	scram.begin();
	longest = 0;
	const began = Time.ticks;
	scram.respond(new Uint8Array(ArrayBuffer.fromString(CHALLENGE)), (answer) => {
		const took = Time.ticks - began;
		const said = String.fromArrayBuffer((answer as Uint8Array).buffer as ArrayBuffer);
		const failure = scram.finish(new Uint8Array(ArrayBuffer.fromString(PROOF)));
		trace(`result ${said} ${failure ? failure.message : "proved"}\n`);
		trace(`took ${took} ms, ${longest} ms at a time\n`);
		attempt(left - 1);
	});
};

attempt(Trial.COUNT);
