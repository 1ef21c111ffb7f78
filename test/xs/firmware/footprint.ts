// What a client takes on a board, as the bench counts it.

import * as engine from "desktop/engine";
import { memory } from "../../../bench/firmware/memory.js";

engine.report(JSON.stringify(memory()));
engine.exit(0);
