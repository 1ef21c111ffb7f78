import config from "mc/config";
import Timer from "timer";
import { Client } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Sensor } from "xs-mqtt/telemetry";

const { host, port } = config;
const client = new Client({
	...network,
	host,
	port,
	onConnected: () => trace(`connected to ${host}\n`),
	onDisconnected: (reason) => trace(`${reason.message}\n`),
});
const uptime = new Sensor(client, { topic: "hello/uptime", decimals: 0 });
let seconds = 0;
Timer.repeat(() => uptime.update(++seconds), 1000);
