// The chips that can be flashed. Knows a table: what image headers and esptool call them, where their bootloader lies.

export interface Chip {
	/** As esptool-js and people call it. */
	name: string;
	/** As ESP-IDF calls it, in flasher_args.json. */
	target: string;
	/** In the header of its images. ESP8266 images have none. */
	imageId: number | undefined;
	/** Where the second stage bootloader lies in flash. */
	bootloader: number;
}

export const CHIPS: readonly Chip[] = [
	chip("ESP8266", undefined, 0),
	chip("ESP32", 0, 0x1000),
	chip("ESP32-S2", 2, 0x1000),
	chip("ESP32-C3", 5, 0),
	chip("ESP32-S3", 9, 0),
	chip("ESP32-C2", 12, 0),
	chip("ESP32-C6", 13, 0),
	chip("ESP32-H2", 16, 0),
	chip("ESP32-P4", 18, 0x2000),
	chip("ESP32-C61", 20, 0),
	chip("ESP32-C5", 23, 0x2000),
	chip("ESP32-H4", 28, 0x2000),
	chip("ESP32-S31", 32, 0x2000),
];

function chip(name: string, imageId: number | undefined, bootloader: number): Chip {
	return { name, target: name.toLowerCase().replace("-", ""), imageId, bootloader };
}

export const ESP8266 = CHIPS[0];

export function chipNamed(name: string): Chip | undefined {
	return CHIPS.find((one) => one.name === name);
}

export function chipOfTarget(target: unknown): Chip | undefined {
	return CHIPS.find((one) => one.target === target);
}
