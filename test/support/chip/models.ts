// What tells the simulated chips apart. Knows register addresses of real ones.

export interface Model {
	/** As esptool-js calls it. */
	name: string;
	/** At 0x40001000. */
	magic: number;
	/** In the answer to GET_SECURITY_INFO; undefined: the ROM does not know the command. */
	securityId: number | undefined;
	/** Bytes of status at the end of the ROM's answers. */
	romStatus: 2 | 4;
	spi: { base: number; usr1: number; usr2: number; w0: number; misoLength: number | undefined };
	/** ROM commands beyond those of the ESP8266. */
	changesBaudRate: boolean;
}

export const MODELS = {
	esp8266: {
		name: "ESP8266",
		magic: 0xfff0c101,
		securityId: undefined,
		romStatus: 2,
		spi: { base: 0x60000200, usr1: 0x20, usr2: 0x24, w0: 0x40, misoLength: undefined },
		changesBaudRate: false,
	},
	esp32: {
		name: "ESP32",
		magic: 0x00f01d83,
		securityId: undefined,
		romStatus: 4,
		spi: { base: 0x3ff42000, usr1: 0x20, usr2: 0x24, w0: 0x80, misoLength: 0x2c },
		changesBaudRate: true,
	},
	esp32c3: {
		name: "ESP32-C3",
		magic: 0x1b31506f,
		securityId: 5,
		romStatus: 4,
		spi: { base: 0x60002000, usr1: 0x1c, usr2: 0x20, w0: 0x58, misoLength: 0x28 },
		changesBaudRate: true,
	},
} satisfies Record<string, Model>;
