// The fuzzer as a process of its own, which can be ended when it hangs: seed and count as arguments.

import { Fuzz } from "./fuzz.js";
import { MemoryPipe } from "./memory-pipe.js";

const [seed, packets] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(new Fuzz(MemoryPipe, seed).run(packets)));
