// Closing is legal in whatever of the app's a connection in 5.0 calls, and nothing goes out after it.

import { State } from "../../../src/client.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import { Setup5 } from "../../support/setup5.js";

const AGREED = { authenticationMethod: "M" };

/** What may call the app, and how it comes to it. */
const CALLBACKS: [string, (close: () => void) => Partial<ClientOptions>, (setup: Setup5) => void][] = [
	["username", (close) => ({ username: () => answer(close, "u") }), (setup) => setup.peer.open()],
	["onConnected", (close) => ({ onConnected: close }), (setup) => setup.accept()],
	[
		"onConnected, with what is held",
		(close) => ({ onConnected: close }),
		(setup) => {
			setup.client.publish("t", "x");
			setup.client.subscribe("a", 1);
			setup.accept();
		},
	],
	[
		"onDropped, for a message that the broker does not take",
		(close) => ({ onDropped: close }),
		(setup) => {
			setup.client.publish("t", "x", 1);
			setup.client.publish("t", "y", 2);
			setup.client.publish("t", "z", 2);
			setup.accept(false, { maximumQoS: 1 });
		},
	],
	[
		"onDropped, for a message that is refused",
		(close) => ({ onDropped: close }),
		(setup) => {
			setup.accept();
			const id = setup.client.publish("t", "x", 1);
			setup.acknowledge("puback", id, 0x97);
		},
	],
	[
		"onSubscribed, for what the broker does not have",
		(close) => ({ onSubscribed: close }),
		(setup) => {
			setup.client.subscribe("a/+", 0);
			setup.client.subscribe("b", 0);
			setup.accept(false, { wildcardSubscriptionAvailable: false });
		},
	],
	[
		"onRedirect",
		(close) => ({ onRedirect: () => answer(close, true) }),
		(setup) => setup.accept(false, { serverReference: "10.0.0.2 10.0.0.3" }, 0x9c),
	],
	[
		"onDisconnected, after a redirect",
		(close) => ({ onRedirect: () => true, onDisconnected: close }),
		(setup) => setup.accept(false, { serverReference: "10.0.0.2" }, 0x9d),
	],
	[
		"onDisconnected, after DISCONNECT",
		(close) => ({ onDisconnected: close }),
		(setup) => {
			setup.accept();
			setup.send({ cmd: "disconnect", reasonCode: 0x8b });
		},
	],
	[
		"onReauthenticated",
		(close) => ({ authentication: authenticator({}), onReauthenticated: close }),
		(setup) => {
			setup.accept(false, AGREED);
			setup.client.reauthenticate();
			setup.send({ cmd: "auth", reasonCode: 0, properties: AGREED });
		},
	],
	[
		"begin of an authenticator",
		(close) => ({ authentication: authenticator({ begin: close }) }),
		(setup) => setup.peer.open(),
	],
	[
		"respond of an authenticator",
		(close) => ({ authentication: authenticator({ respond: close }) }),
		(setup) => {
			setup.peer.open();
			setup.send({ cmd: "auth", reasonCode: 0x18, properties: AGREED });
		},
	],
	[
		"finish of an authenticator",
		(close) => ({ authentication: authenticator({ finish: close }) }),
		(setup) => setup.accept(false, AGREED),
	],
];

const authenticator = (calls: { begin?: () => void; respond?: () => void; finish?: () => void }) => ({
	method: "M",
	begin() {
		calls.begin?.();
		return undefined;
	},
	respond(_data: Uint8Array | undefined, answer: (data: undefined) => void) {
		calls.respond?.();
		answer(undefined);
	},
	finish() {
		calls.finish?.();
		return undefined;
	},
});

function answer<T>(close: () => void, value: T): T {
	close();
	return value;
}

test.each(CALLBACKS)("in %s", (_name, options, play) => {
	let closes = 0;
	const setup: Setup5 = new Setup5(
		options(() => {
			closes++;
			setup.client.close();
		}),
	);
	play(setup);
	// What is held is delivered, if it comes to that.
	for (let i = 0; i < 3; i++)
		for (const packet of setup.sent())
			if (packet.cmd === "publish" && packet.qos === 1) setup.acknowledge("puback", packet.messageId!);
			else if (packet.cmd === "subscribe")
				setup.send({ cmd: "suback", messageId: packet.messageId, granted: [0] });
	setup.clock.advance(60_000);
	expect(closes).toBeGreaterThan(0);
	expect(setup.client.state).toBe(State.CLOSED);
	expect(setup.place.peers.length).toBe(1);
	expect(setup.peer.socket.closed).toBe(true);
	const [packets] = setup.connections;
	const at = packets.findIndex(({ cmd }) => cmd === "disconnect");
	if (at >= 0) expect(at).toBe(packets.length - 1);
});
