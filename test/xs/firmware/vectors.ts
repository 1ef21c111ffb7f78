// Runs all vectors; reports how many, and which have failed.

import * as engine from "desktop/engine";
import { vectors } from "../vectors/index.js";
import { failures } from "../vectors/vector.js";

engine.report(JSON.stringify({ count: vectors.length, failed: failures(vectors).slice(0, 20) }));
engine.exit(0);
