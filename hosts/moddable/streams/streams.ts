// The Network of Moddable with TLS, WebSocket and digests for SCRAM, each if its manifest is included. Apart from the plain one, so that an app
// without them pays nothing.

import { crypto } from "xs-mqtt/moddable/crypto";
import { network as plain } from "xs-mqtt/moddable/network";
import { tls } from "xs-mqtt/moddable/tls";
import { webSocket } from "xs-mqtt/moddable/websocket";
import type { Network } from "../../../src/connection/network.js";

const { socket, dns, udp, timer, ticks, setClock } = plain;

export const network: Network = Object.freeze({
	socket,
	dns,
	udp,
	timer,
	ticks,
	setClock,
	streams: Object.freeze({ tls, webSocket }),
	crypto,
	// Getters, as of the plain one.
	get interface() {
		return plain.interface;
	},
	get id() {
		return plain.id;
	},
});
