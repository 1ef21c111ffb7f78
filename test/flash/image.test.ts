import fc from "fast-check";
import { parseImage } from "../../tools/flash/image.js";
import { appPartition, otaDataPartition, parsePartitionTable } from "../../tools/flash/partition-table.js";
import { content, esp32Image, esp8266Image, esp8266ImageV2, partitionTable } from "../support/images.js";

const SEGMENTS = [content(1000), content(17, 2), content(4096, 3)];

test("whole images of each kind", () => {
	expect(parseImage(esp32Image(9, { segments: SEGMENTS, sizeCode: 2 }))).toMatchObject({
		chipName: "ESP32-S3",
		flashSize: 4 << 20,
		damage: undefined,
		needsBootloader: false,
	});
	expect(parseImage(esp32Image(0, { segments: SEGMENTS, hash: false }))).toMatchObject({ damage: undefined });
	expect(parseImage(esp8266Image({ segments: SEGMENTS, sizeCode: 4 }))).toMatchObject({
		chipName: "ESP8266",
		flashSize: 4 << 20,
		damage: undefined,
		needsBootloader: false,
	});
	expect(parseImage(esp8266ImageV2({ segments: SEGMENTS }))).toMatchObject({
		chipName: "ESP8266",
		flashSize: 512 << 10,
		damage: undefined,
		needsBootloader: true,
	});
});

test("what follows an image is nobody's business", () => {
	const tail = content(100);
	for (const image of [esp32Image(0), esp8266Image(), esp8266ImageV2()])
		expect(parseImage(Buffer.concat([image, tail]))?.damage).toBeUndefined();
});

test("what begins otherwise is no image", () => {
	for (const bytes of [[], [0xaa, 0x50], new Array(100).fill(0xff)])
		expect(parseImage(Uint8Array.from(bytes))).toBeUndefined();
});

test.each<[string, Buffer]>([
	["ESP32", esp32Image(0, { segments: SEGMENTS })],
	["ESP32 without hash", esp32Image(0, { segments: SEGMENTS, hash: false })],
	["ESP8266", esp8266Image({ segments: SEGMENTS })],
	["ESP8266, second format", esp8266ImageV2({ segments: SEGMENTS }).subarray(0, -4)],
])("%s: cut off anywhere it is damaged, and a changed byte of a segment is found", (_name, image) => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: image.length - 1 }), (length) => {
			expect(parseImage(image.subarray(0, length))?.damage).toBeDefined();
		}),
	);
	fc.assert(
		fc.property(
			fc.integer({ min: image.length - 4000, max: image.length - 60 }), // of the last segment
			fc.integer({ min: 1, max: 255 }),
			(at, change) => {
				const changed = Buffer.from(image);
				changed[at] ^= change;
				expect(parseImage(changed)?.damage).toBeDefined();
			},
		),
	);
});

test("any bytes behind the magic are judged, none throws", () => {
	fc.assert(
		fc.property(fc.constantFrom(0xe9, 0xea), fc.uint8Array({ maxLength: 200 }), (magic, rest) => {
			expect(parseImage(Uint8Array.of(magic, ...rest))).toBeDefined();
		}),
		{ numRuns: 1000 },
	);
});

test("partition tables", () => {
	const entries = [
		{ type: 1, subtype: 2, address: 0x9000, size: 0x4000, name: "nvs" },
		{ type: 1, subtype: 0, address: 0xd000, size: 0x2000, name: "otadata" },
		{ type: 0, subtype: 0x11, address: 0x110000, size: 0x100000, name: "ota_1" },
		{ type: 0, subtype: 0x10, address: 0x10000, size: 0x100000, name: "ota_0" },
	];
	const table = parsePartitionTable(partitionTable(entries))!;
	expect(table).toEqual(entries);
	expect(appPartition(table)?.name).toBe("ota_0");
	expect(otaDataPartition(table)?.address).toBe(0xd000);
	const factory = { type: 0, subtype: 0, address: 0x20000, size: 0x10000, name: "factory" };
	expect(appPartition([...table, factory])?.name).toBe("factory");
	expect(parsePartitionTable(content(64))).toBeUndefined();
	expect(parsePartitionTable(new Uint8Array(3))).toBeUndefined();
});
