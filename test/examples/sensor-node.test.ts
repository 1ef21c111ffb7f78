// examples/sensor-node on the desktop host, with a broker that asks for a password. What it publishes: test/tools/sim.

import { FIRST } from "../support/board.js";
import { BROKERS, judge, unique } from "../support/brokers.js";
import { startExample } from "./example.js";

interface Connection {
	connected: boolean;
	reason: string;
	protocolVersion: number;
}

const users = { ann: "secret" };

test.each(BROKERS)(
	"has a user name and a password for the broker, beside those of the Wi-Fi, with %s",
	async (broker, startBroker) => {
		const { port } = await startBroker({ users });
		const name = unique("node");
		const other = await (await judge(port, { username: "ann", password: "secret" })).subscribe(`${name}/#`);
		const config = { port, name, interval: 50, ssid: "attic", password: "of the Wi-Fi" };
		const refused = await startExample<Connection>("sensor-node", config);
		expect(await refused.next()).toMatchObject({ connected: false });
		const device = await startExample<Connection>("sensor-node", {
			...config,
			brokerUsername: "ann",
			brokerPassword: "secret",
		});
		expect(await device.next()).toEqual({
			connected: true,
			reason: "",
			protocolVersion: broker === "Mosquitto" ? 5 : 4,
		});
		expect((await other.find(({ topic }) => topic === `${name}/load`)).payload).toMatch(/^\d+\.\d\d$/);
		await other.find(({ payload }) => payload === "online");
	},
	FIRST,
);
