// An app with secrets on a board that an attacker has for a broker. With our own session, with a careless one, or with a
// careless one and nothing of ours between.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client } from "../../../src/index.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { bare, careless } from "./careless.js";

export interface AttackedConfig {
	port: number;
	tls: TlsOptions;
	session: "good" | "careless" | "bare";
	password: string;
	connectTimeout: number;
}

const { port, tls, session, password, connectTimeout } = config as unknown as AttackedConfig;
const layers = { good: network.streams.tls, careless: tlsLayer(careless), bare };

const client = new Client({
	...network,
	streams: { tls: layers[session] },
	protocolVersion: 4,
	host: "localhost",
	port,
	tls,
	clientId: "attacked",
	username: "board",
	password,
	connectTimeout,
	onConnected: () => engine.report(JSON.stringify("connected")),
	onDisconnected(reason) {
		engine.report(JSON.stringify(reason.message));
		client.close();
	},
});
