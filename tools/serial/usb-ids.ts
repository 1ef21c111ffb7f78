// Which USB ids are found on ESP boards, and what they are. Knows a table.

/** By vendor and product, or by vendor alone. Lower case. */
const USB_IDS: Record<string, string> = {
	"303a:1001": "Espressif USB-JTAG/serial, inside the chip",
	"303a:0002": "Espressif USB, inside the ESP32-S2",
	"303a": "Espressif USB",
	"10c4:ea60": "CP210x USB bridge, on many ESP boards",
	"10c4:ea70": "CP2105 USB bridge, on some ESP boards",
	"10c4:ea71": "CP2108 USB bridge, on some ESP boards",
	"1a86:7522": "CH340 USB bridge, on many ESP boards",
	"1a86:7523": "CH340 USB bridge, on many ESP boards",
	"1a86:5523": "CH341 USB bridge, on some ESP boards",
	"1a86:55d2": "CH9344 USB bridge, on some ESP boards",
	"1a86:55d3": "CH343 USB bridge, on many ESP boards",
	"1a86:55d4": "CH9102 USB bridge, on many ESP boards",
	"1a86:55d5": "CH9102 USB bridge, on some ESP boards",
	"0403:6001": "FT232R USB bridge, on some ESP boards",
	"0403:6010": "FT2232 USB bridge, on some ESP boards",
	"0403:6011": "FT4232 USB bridge, on some ESP boards",
	"0403:6014": "FT232H USB bridge, on some ESP boards",
	"0403:6015": "FT231X USB bridge, on some ESP boards",
	"067b:2303": "PL2303 USB bridge, on some ESP boards",
	"067b:23a3": "PL2303 USB bridge, on some ESP boards",
	"2341:0070": "Arduino Nano ESP32",
};

/** Why a port with these ids looks like an ESP board, or undefined. Hexadecimal digits, in any case. */
export function boardLook(vendorId: string | undefined, productId: string | undefined): string | undefined {
	if (vendorId === undefined) return undefined;
	const vendor = vendorId.toLowerCase();
	return USB_IDS[`${vendor}:${productId?.toLowerCase()}`] ?? USB_IDS[vendor];
}
