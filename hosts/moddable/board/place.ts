// What a board has and a simulator has not: Wi-Fi that goes away, a name server from DHCP, a MAC address.

import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import config from "mc/config";
import Net from "net";
import Time from "time";
import Timer from "timer";
import { type AccessPoint, Wifi } from "xs-mqtt/network/wifi";

export const dns = Object.freeze({
	io: Resolver as never,
	/** Each network has its own, and none before it is up. */
	get servers(): string[] {
		const servers = Net.get("DNS");
		return servers?.length > 0 ? servers : ["1.1.1.1"];
	},
	socket: Object.freeze({ io: UDP }),
});

function accessPoints(): readonly AccessPoint[] {
	if (config.wifi !== undefined) return config.wifi;
	if (config.ssid) return [{ SSID: config.ssid, password: config.password || undefined }];
	return [];
}

let shared: Wifi | undefined;

/** The board's Wi-Fi; undefined if the config names no access point: the network is then brought up elsewhere. */
export function wifi(): Wifi | undefined {
	if (shared !== undefined) return shared;
	const inOrder = accessPoints();
	if (inOrder.length === 0) return undefined;
	return (shared = new Wifi({
		io: WiFi as never,
		accessPoints: inOrder,
		timer: Timer as never,
		ticks: () => Time.ticks,
	}));
}

/** The MAC address in hexadecimal digits. */
export function deviceId(): string {
	wifi(); // ESP32 knows the address once Wi-Fi, or Ethernet, has been started
	const digits: string = (Net.get("MAC") ?? "").split(":").join("");
	// Two devices with the same identifier would throw each other out: better another one after each start.
	if (digits === "") return Math.floor(Math.random() * 0x1000000000000).toString(16);
	return (0x1000000000000 + Number.parseInt(digits, 16)).toString(16).slice(1);
}
