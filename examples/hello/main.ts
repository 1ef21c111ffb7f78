import config from "mc/config";
import Timer from "timer";
import { Client } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Sensor } from "xs-mqtt/telemetry";

const client = new Client({
	...network,
	host: config.host,
	port: Number(config.port ?? 1883),
	onConnected: () => trace("connected\n"),
	onDisconnected: (reason) => trace(`${reason.message}\n`),
});
const uptime = new Sensor(client, { topic: "hello/uptime", decimals: 0 });
let seconds = 0;
Timer.repeat(() => uptime.update(++seconds), 1000);
