// A board that does what the test tells it: publishes each reading at QoS 1, reports all that its Client says,
// closes when it is to quit.

import * as engine from "desktop/engine";
import { onQuit, onReading } from "desktop/machine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { CLOSED_BY_APP, Client, type ClientOptions, Status, type Will } from "../../../src/index.js";

/** One of what can happen on the board. */
export interface Report {
	connected?: boolean;
	/** The reason's message. */
	disconnected?: string;
	/** Answer of `publish` to a reading. */
	reading?: number;
	id?: number;
	delivered?: number;
	dropped?: number;
	message?: string;
	subscribed?: number;
}

export interface Settings {
	/** Topics begin with it. */
	name: string;
	options: Partial<ClientOptions>;
	will?: Will;
	status?: boolean;
}

const { name, options, will, status } = config as unknown as Settings;
const report = (report: Report) => engine.report(JSON.stringify(report));

const client = new Client({
	...network,
	host: "127.0.0.1",
	...options,
	clientId: name,
	onConnected: (connected) => report({ connected }),
	onDisconnected(reason) {
		report({ disconnected: reason.message });
		if (reason === CLOSED_BY_APP) engine.exit(0);
	},
	onDelivered: (delivered) => report({ delivered }),
	onDropped: (dropped) => report({ dropped }),
	onSubscribed: ({ code }) => report({ subscribed: code }),
});
if (will !== undefined) client.will = will;
if (status) new Status(client, { topic: `${name}/status` });
client.subscribe(`${name}/set`, 1, (message) => report({ message: message.text() }));

onReading((reading) => report({ reading, id: client.publish(`${name}/reading`, String(reading), 1) }));
onQuit(() => client.close());
