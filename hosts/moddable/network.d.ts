// The types of "xs-mqtt/network".

import type { Network } from "xs-mqtt";
import type { Wifi } from "xs-mqtt/wifi";

/** What a Client needs of its place: hand it over by spread, `new Client({ ...network, host })`. */
export declare const network: Network & {
	/**
	 * Wi-Fi, on boards: made when it is first asked for, from mcconfig's `ssid` and `password`, or from `wifi` in the
	 * manifest's config, a list of access points. Undefined when there is neither, and in simulators.
	 */
	readonly interface?: Wifi;
};
