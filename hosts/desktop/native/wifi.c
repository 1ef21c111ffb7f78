/*
 * The module "embedded:network/interface/wifi": a card that finds every access point while the network is not cut.
 * Knows the state of the network. Must not know sockets.
 */
#include "host.h"
#include "network.h"

static xsMachine* gMachine;
static xsSlot gCallback;
static NetworkListener gListener;

static void changed(void* data)
{
	(void)data;
	xsBeginHost(gMachine);
		xsCallFunction0(gCallback, xsUndefined);
	xsEndHost(gMachine);
}

/* Without a callback: nobody watches any more. */
static void wifiWatch(xsMachine* the)
{
	if (gMachine) {
		networkLeave(&gListener);
		xsForget(gCallback);
		gMachine = NULL;
	}
	if (xsmcArgc == 0)
		return;
	gCallback = xsArg(0);
	xsRemember(gCallback);
	gMachine = the;
	gListener = (NetworkListener){ .changed = changed };
	networkJoin(&gListener);
}

static void wifiInRange(xsMachine* the)
{
	xsmcSetBoolean(xsResult, gNetwork != networkCut);
}

const NativeModule gWifiModule = {
	"embedded:network/interface/wifi",
	"import Timer from 'timer';\n"
	"function watch(callback) @ 'watch'\n"
	"function inRange() @ 'inRange'\n"
	"export default class WiFi {\n"
	"	#connection = 200;\n"
	"	#timer;\n"
	"	#SSID;\n"
	"	#onChanged;\n"
	"	constructor(options) {\n"
	"		this.#onChanged = options.onChanged;\n"
	"		watch(() => { if (!inRange() && this.#connection > 300) this.#change(200); });\n"
	"	}\n"
	"	#change(connection) {\n"
	"		this.#connection = connection;\n"
	"		this.#onChanged?.('connection');\n"
	"	}\n"
	"	get connection() { return this.#connection; }\n"
	"	get address() { if (this.#connection === 500) return '127.0.0.1'; }\n"
	"	get SSID() { if (this.#connection >= 400) return this.#SSID; }\n"
	"	get RSSI() { if (this.#connection >= 400) return -50; }\n"
	"	connect(options) {\n"
	"		if (this.#connection === 300) throw new Error('already connecting');\n"
	"		this.#SSID = options.SSID;\n"
	"		this.#connection = 300;\n"
	"		this.#timer = Timer.set(() => {\n"
	"			this.#timer = undefined;\n"
	"			if (!inRange()) return this.#change(200);\n"
	"			this.#change(400);\n"
	"			if (this.#connection === 400) this.#change(500);\n"
	"		}, 20);\n"
	"	}\n"
	"	disconnect() {\n"
	"		if (this.#timer) Timer.clear(this.#timer);\n"
	"		this.#timer = undefined;\n"
	"		this.#connection = 200;\n"
	"	}\n"
	"	scan(options) {\n"
	"		Timer.set(() => {\n"
	"			if (inRange()) options.onFound({ SSID: this.#SSID });\n"
	"			options.onComplete();\n"
	"		}, 20);\n"
	"	}\n"
	"	close() {\n"
	"		this.disconnect();\n"
	"		watch();\n"
	"	}\n"
	"}\n",
	(const NativeFunction[]) {
		{ "watch", wifiWatch },
		{ "inRange", wifiInRange },
		{ NULL, NULL },
	},
};
