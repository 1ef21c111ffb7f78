// A Client that authenticates with SCRAM, twice on one connection; with the password of the config.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Scram } from "../../../src/authentication/index.js";
import { Client } from "../../../src/index.js";

const { port, password } = config as unknown as { port: number; password: string };
const place = network as object as typeof network & { timer: never };
const told: string[] = [];

const end = (word: string) => {
	told.push(word);
	engine.report(JSON.stringify(told));
	engine.exit(0);
};

const client = new Client({
	...place,
	host: "127.0.0.1",
	port,
	authentication: new Scram({ ...place, username: "user", password }),
	onConnected() {
		told.push("connected");
		client.reauthenticate();
	},
	onReauthenticated: () => end("reauthenticated"),
	onDisconnected: (reason) => end(reason.message),
});
