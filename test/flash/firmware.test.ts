import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readFirmware } from "../../tools/flash/firmware.js";
import { content, esp32Image, esp8266Image, esp8266ImageV2, partitionTable } from "../support/images.js";

let folder: string;
const environment = { ...process.env };

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-firmware-"));
});

afterEach(() => {
	rmSync(folder, { recursive: true });
	process.env = { ...environment };
});

function file(name: string, bytes: Uint8Array | string): string {
	const path = join(folder, name);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, bytes);
	return path;
}

/** "0x1000 bootloader.bin 5056" */
async function placed(named: string[], flashSize = 4 << 20): Promise<string[]> {
	const { place } = await readFirmware(named);
	return place(flashSize).map(
		({ address, name, bytes }) => `0x${address.toString(16)} ${name} ${bytes.length}`,
	);
}

const table = partitionTable([
	{ type: 1, subtype: 2, address: 0x9000, size: 0x4000, name: "nvs" },
	{ type: 1, subtype: 0, address: 0xd000, size: 0x2000, name: "otadata" },
	{ type: 0, subtype: 0, address: 0x20000, size: 0x100000, name: "factory" },
]);

test("pairs, with hexadecimal and decimal addresses", async () => {
	const [boot, app] = [file("boot=1.bin", content(10)), file("app.bin", content(20))];
	expect(await placed([`0x1000=${boot}`, `65536=${app}`])).toEqual([
		"0x1000 boot=1.bin 10",
		"0x10000 app.bin 20",
	]);
});

test("a single ESP8266 image belongs to 0x0, others need an address", async () => {
	const image = file("firmware.bin", esp8266Image());
	expect((await readFirmware([image])).chip?.name).toBe("ESP8266");
	expect(await placed([image])).toEqual([`0x0 firmware.bin ${esp8266Image().length}`]);
	await expect(readFirmware([file("main.bin", esp8266ImageV2())])).rejects.toThrow(/such as 0x1000=main.bin/);
	await expect(readFirmware([file("app.bin", esp32Image(5))])).rejects.toThrow(
		/image for ESP32-C3 .*0x10000=app.bin/,
	);
	await expect(readFirmware([file("text.txt", "hello")])).rejects.toThrow(
		/does not begin as an ESP8266 image/,
	);
});

test("an ESP-IDF build folder, or the project above it", async () => {
	file("build/bootloader/bootloader.bin", content(11));
	file("build/app.bin", content(12));
	const files = { "0x10000": "app.bin", "0x1000": "bootloader/bootloader.bin" };
	file(
		"build/flasher_args.json",
		JSON.stringify({ flash_files: files, extra_esptool_args: { chip: "esp32c3" } }),
	);
	for (const named of [join(folder, "build"), folder]) {
		expect((await readFirmware([named])).chip?.name).toBe("ESP32-C3");
		expect(await placed([named])).toEqual(["0x10000 app.bin 12", "0x1000 bootloader.bin 11"]);
	}
});

test.each<[string, string, RegExp]>([
	["no JSON", "{", /cannot be used: .*JSON.*; build again with idf.py build/],
	["no object", "7", /holds no object/],
	["no files", "{}", /names no flash_files/],
	["no addresses", '{"flash_files": {"one": "a.bin"}}', /"one" in flash_files is no address/],
	["no names", '{"flash_files": {"0x0": 7}}', /is no address with a file/],
	["files that are not there", '{"flash_files": {"0x0": "a.bin"}}', /a.bin cannot be read/],
	[
		"an unknown chip",
		'{"flash_files": {"0x0": "flasher_args.json"}, "extra_esptool_args": {"chip": "z80\\n"}}',
		/chip "z80\\n" is not/,
	],
])("flasher_args.json with %s", async (_what, text, message) => {
	file("flasher_args.json", text);
	await expect(readFirmware([folder])).rejects.toThrow(message);
});

test.each<[string, number, string]>([
	["esp32", 0, "0x1000"],
	["esp32s3", 9, "0x0"],
	["esp32c5", 23, "0x2000"],
])("a Moddable build folder for %s: places by chip and partition table", async (_target, id, bootloader) => {
	file("bootloader.bin", esp32Image(id));
	file("partition-table.bin", table);
	file("xs_esp32.bin", esp32Image(id));
	file("ota_data_initial.bin", new Uint8Array(0x2000).fill(0xff));
	const length = esp32Image(id).length;
	expect(await placed([folder])).toEqual([
		`${bootloader} bootloader.bin ${length}`,
		"0x8000 partition-table.bin 3072",
		`0x20000 xs_esp32.bin ${length}`,
		"0xd000 ota_data_initial.bin 8192",
	]);
});

test("a Moddable build folder that is incomplete", async () => {
	file("xs_esp32.bin", esp32Image(0));
	await expect(readFirmware([folder])).rejects.toThrow(/bootloader.bin cannot be read: .*; check the name/);
	file("bootloader.bin", content(100).fill(0));
	file("partition-table.bin", partitionTable([]));
	await expect(readFirmware([folder])).rejects.toThrow(
		/bootloader.bin is no image.*; build it again with mcconfig/,
	);
	file("bootloader.bin", esp32Image(0));
	await expect(readFirmware([folder])).rejects.toThrow(/no partition for the app/);
});

test("a Moddable build folder for ESP8266: bootloader and RF data from Espressif's SDK", async () => {
	file("app/main.bin", esp8266ImageV2());
	const app = join(folder, "app");
	process.env.ESPRESSIF_SDK_ROOT = join(folder, "sdk");
	await expect(readFirmware([app])).rejects.toThrow(
		/ESP8266_RTOS_SDK, which is not at .*; set ESP_BASE.*0x1000=.*main.bin/,
	);
	const boot = esp8266Image({ segments: [content(3000)] });
	file("sdk/components/esp8266/firmware/boot_v1.7.bin", boot);
	file("sdk/components/esp8266/firmware/esp_init_data_default.bin", content(128));
	const main = `0x1000 main.bin ${esp8266ImageV2().length}`;
	expect(await placed([app])).toEqual([
		`0x0 boot_v1.7.bin ${boot.length}`,
		main,
		"0x3fc000 esp_init_data_default.bin 128",
	]);
	expect(await placed([app], 1 << 20)).toContain("0xfc000 esp_init_data_default.bin 128");
	const settings = async (flashSize: number) => [
		...(await readFirmware([app])).place(flashSize)[0].bytes.subarray(2, 4),
	];
	expect(await settings(4 << 20)).toEqual([2, 0x40]); // DIO, 4 MB, 40 MHz
	expect(await settings(1 << 20)).toEqual([2, 0x20]);
});

test.each(["/dev/zero", "/dev/null", "/dev/full"])("%s is no firmware", async (device) => {
	await expect(readFirmware([`0x10000=${device}`])).rejects.toThrow(
		`${device} is refused: it is not a regular file: a device or a pipe may never end; name a firmware file`,
	);
	await expect(readFirmware([device])).rejects.toThrow(/is not a regular file/);
});

test("a pipe is no firmware either, a file without bytes is read, one that is too large is not", async () => {
	const pipe = join(folder, "pipe");
	execFileSync("mkfifo", [pipe]);
	await expect(readFirmware([`0x10000=${pipe}`])).rejects.toThrow(
		/pipe is refused: it is not a regular file/,
	);
	expect(await placed([`0x10000=${file("empty.bin", "")}`])).toEqual(["0x10000 empty.bin 0"]);
	truncateSync(file("huge.bin", "x"), 2 ** 40);
	await expect(readFirmware([`0x10000=${join(folder, "huge.bin")}`])).rejects.toThrow(/more than any flash/);
});

test("an ESP-IDF build folder tells where its bootloader looks for the partition table", async () => {
	file("table.bin", table);
	const files = { "0xc000": "table.bin" };
	for (const [entry, address] of [
		[{ offset: "0xc000", file: "table.bin" }, 0xc000],
		[{ offset: "elsewhere" }, undefined],
		[7, undefined],
		[undefined, undefined],
	]) {
		file("flasher_args.json", JSON.stringify({ flash_files: files, "partition-table": entry }));
		expect((await readFirmware([folder])).tableAddress).toBe(address);
	}
});

test("a folder with nothing in it, and things that are not there", async () => {
	await expect(readFirmware([folder])).rejects.toThrow(/holds no firmware: .*; name a build folder/);
	await expect(readFirmware([join(folder, "nothing.bin")])).rejects.toThrow(
		/nothing.bin cannot be read: .*ENOENT/,
	);
	await expect(readFirmware([folder, folder])).rejects.toThrow(/several were given/);
});
