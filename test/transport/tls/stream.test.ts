// A Client over TLS, from its options down to a fake socket: real keys on both ends, nothing that waits.

import { CONNECTION_LOST } from "../../../src/connection/reasons.js";
import { Content } from "../../support/attacker/records.js";
import { Authority, type Issued } from "../../support/authority.js";
import { CONNACK } from "../../support/packets.js";
import { dialed, scriptOf } from "../../support/tls/tls-peer.js";

let authority: Authority;
let broker: Issued;
beforeAll(() => {
	authority = new Authority();
	broker = authority.issue({ names: "DNS:localhost,IP:127.0.0.1" });
});
afterAll(() => authority.remove());

test("CONNECT goes out encrypted when the handshake is over, and the client is connected", () => {
	const { setup, tls } = dialed({ ca: authority.own.pem }, scriptOf(broker, authority.own));
	setup.peer.open();
	tls.talk();
	expect(tls.take()[0]).toBe(0x10);
	expect(tls.records.map(({ type, encrypted }) => [type, encrypted])).toEqual([
		[Content.HANDSHAKE, false],
		[Content.HANDSHAKE, false],
		[Content.CHANGE_CIPHER_SPEC, false],
		[Content.HANDSHAKE, true],
		[Content.APPLICATION_DATA, true],
	]);
	tls.send(CONNACK());
	expect(setup.news()).toEqual(["connected false"]);
	setup.peer.end();
	expect(setup.news()).toEqual([`disconnected ${CONNECTION_LOST}`]);
});
