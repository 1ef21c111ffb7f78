// A Moddable build folder ($MODDABLE/build/bin/esp32/.../release/app, $MODDABLE/build/bin/esp/release/app). Knows what
// mcconfig leaves in it, and where the ESP8266 SDK keeps the rest.

import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Problem } from "../problem.js";
import { printable } from "../text.js";
import { ESP8266 } from "./chips.js";
import { parseImage } from "./image.js";
import { readPart } from "./part-file.js";
import { appPartition, otaDataPartition, PARTITION_TABLE, parsePartitionTable } from "./partition-table.js";
import type { Firmware, Part } from "./parts.js";

const APP_ESP32 = "xs_esp32.bin";
const APP_ESP8266 = "main.bin";
const BOOT_ESP8266 = "boot_v1.7.bin";
const RF_DATA = "esp_init_data_default.bin";

/** RF data lies so many bytes before the end of an ESP8266's flash. */
const RF_DATA_FROM_END = 0x4000;

export async function isModdableFolder(folder: string): Promise<boolean> {
	return (await isThere(join(folder, APP_ESP32))) || (await isThere(join(folder, APP_ESP8266)));
}

export async function readModdableFolder(folder: string): Promise<Firmware> {
	return (await isThere(join(folder, APP_ESP32))) ? readEsp32(folder) : readEsp8266(folder);
}

async function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

async function readEsp32(folder: string): Promise<Firmware> {
	const bootloader = await readPart(join(folder, "bootloader.bin"));
	const table = await readPart(join(folder, "partition-table.bin"));
	const app = await readPart(join(folder, APP_ESP32));
	const chip = parseImage(bootloader.bytes)?.chip;
	const partitions = parsePartitionTable(table.bytes) ?? [];
	const place = appPartition(partitions);
	if (chip === undefined) throw incomplete(folder, "bootloader.bin is no image for a known chip");
	if (place === undefined) throw incomplete(folder, "partition-table.bin has no partition for the app");
	const parts: Part[] = [
		{ address: chip.bootloader, ...bootloader },
		{ address: PARTITION_TABLE, ...table },
		{ address: place.address, ...app },
	];
	const otaData = otaDataPartition(partitions);
	const otaFile = join(folder, "ota_data_initial.bin");
	if (otaData !== undefined && (await isThere(otaFile)))
		parts.push({ address: otaData.address, ...(await readPart(otaFile)) });
	return { chip, place: () => parts };
}

function incomplete(folder: string, cause: string): Problem {
	return new Problem(`${printable(folder, 200)} cannot be flashed`, cause, "build it again with mcconfig");
}

/** mcconfig builds the app alone; bootloader and RF data come with Espressif's SDK. */
async function readEsp8266(folder: string): Promise<Firmware> {
	const app = await readPart(join(folder, APP_ESP8266));
	const image = parseImage(app.bytes);
	if (image?.chip === ESP8266 && !image.needsBootloader)
		return { chip: ESP8266, place: () => [{ address: 0, ...app }] };
	const firmware = join(espressifSdk(), "components", "esp8266", "firmware");
	if (!(await isThere(join(firmware, BOOT_ESP8266))))
		throw new Problem(
			`${printable(folder, 200)} cannot be flashed`,
			`its bootloader ${BOOT_ESP8266} comes with ESP8266_RTOS_SDK, which is not at ${printable(espressifSdk(), 200)}`,
			`set ESP_BASE or ESPRESSIF_SDK_ROOT; a board that was flashed before needs no more than 0x1000=${join(folder, APP_ESP8266)}`,
		);
	const boot = await readPart(join(firmware, BOOT_ESP8266));
	const rfData = await readPart(join(firmware, RF_DATA));
	return {
		chip: ESP8266,
		place: (flashSize) => [
			{ address: 0, name: boot.name, bytes: withFlashSettings(boot.bytes, flashSize) },
			{ address: 0x1000, ...app },
			{ address: flashSize - RF_DATA_FROM_END, ...rfData },
		],
	};
}

function espressifSdk(): string {
	const { ESPRESSIF_SDK_ROOT, ESP_BASE } = process.env;
	return ESPRESSIF_SDK_ROOT || join(ESP_BASE || join(homedir(), "esp"), "ESP8266_RTOS_SDK");
}

/** The bootloader starts the app with the settings in its own header: as mcconfig has them, DIO at 40 MHz. */
function withFlashSettings(boot: Uint8Array, flashSize: number): Uint8Array {
	const sizes: Record<number, number> = { 0.25: 1, 0.5: 0, 1: 2, 2: 3, 4: 4, 8: 8, 16: 9 };
	const size = sizes[flashSize / (1024 * 1024)];
	if (size === undefined) return boot;
	const bytes = Uint8Array.from(boot);
	bytes[2] = 2;
	bytes[3] = size << 4;
	return bytes;
}
