// The files of the package xs-mqtt, wherever it is installed.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const { resolve } = createRequire(import.meta.url);

/** @param path from the package's folder */
export const packageFile = (path: string): string => join(dirname(resolve("xs-mqtt/package.json")), path);
