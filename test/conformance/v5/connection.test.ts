// What MQTT 5.0 says of connections and sessions, and no test of the client (test/client) proves.

import { Setup5 } from "../../support/setup5.js";

test("[5.0 MQTT-3.1.0-1] CONNECT comes first", () => {
	const setup = new Setup5();
	expect(setup.accept()).toMatchObject({ cmd: "connect", protocolVersion: 5, clientId: "c", clean: false });
});
