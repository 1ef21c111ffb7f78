#!/usr/bin/env node
// The command as it is installed: npm links only what is there before the build.

import { start } from "./build/xs-mqtt.js";

await start();
