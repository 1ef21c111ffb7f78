// The app on a board: commands come as readings.

import * as engine from "desktop/engine";
import { onReading } from "desktop/machine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { type AppConfig, startApp } from "./app.js";

const app = config as unknown as AppConfig;
onReading(startApp(network, app, (report) => engine.report(JSON.stringify(report))));
