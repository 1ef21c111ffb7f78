import fc from "fast-check";
import { chipNamed } from "../../tools/flash/chips.js";
import { checkParts, type Flash, type Part, SECTOR } from "../../tools/flash/parts.js";
import {
	content,
	esp32Image,
	esp8266Image,
	esp8266ImageV2,
	partitionTable,
	type TableEntry,
} from "../support/images.js";

const ESP32: Flash = { chip: chipNamed("ESP32")!, size: 4 << 20 };
const ESP8266: Flash = { chip: chipNamed("ESP8266")!, size: 1 << 20 };

const part = (address: number, bytes: Uint8Array, name = "a.bin"): Part => ({ address, name, bytes });
const check = (flash: Flash, ...parts: Part[]) => checkParts(parts, flash);

/** Where nothing has to be for a board to start. */
const FREE = 0x10000;

/** Around the edges, where mistakes are: sectors, halves of them, the end of flash. */
const anyParts = fc.array(
	fc.record({
		sector: fc.integer({ min: 0, max: 17 }),
		offset: fc.constantFrom(0, 0, 0, 0, 0, 0, 4, 2048, 4095),
		length: fc.oneof(
			fc.constantFrom(0, 1, SECTOR - 1, SECTOR, SECTOR + 1, 2 * SECTOR),
			fc.integer({ min: 1, max: 5 * SECTOR }),
		),
	}),
	{ minLength: 1, maxLength: 5 },
);

test("parts are accepted exactly if each byte has one owner, and each sector too", () => {
	const size = FREE + 16 * SECTOR;
	let accepted = 0;
	let refused = 0;
	const property = fc.property(anyParts, (given) => {
		const parts = given.map(({ sector, offset, length }) =>
			part(FREE + sector * SECTOR + offset, new Uint8Array(length).fill(0x55)),
		);
		const owners = new Map<number, number>();
		let good = true;
		for (const { address, bytes } of parts) {
			good &&= bytes.length > 0 && address % SECTOR === 0 && address + bytes.length <= size;
			for (let sector = Math.floor(address / SECTOR); sector * SECTOR < address + bytes.length; sector++)
				owners.set(sector, (owners.get(sector) ?? 0) + 1);
		}
		good &&= [...owners.values()].every((count) => count === 1);
		let outcome: Part[] | undefined;
		try {
			outcome = checkParts(parts, { chip: ESP32.chip, size });
			accepted++;
		} catch (error) {
			refused++;
			expect((error as Error).message).toMatch(/^0x[0-9a-f]+ a\.bin is refused: .+; .+$/);
		}
		expect(outcome !== undefined).toBe(good);
		if (outcome === undefined) return;
		expect(outcome.map(({ address }) => address)).toEqual(
			parts.map(({ address }) => address).sort((a, b) => a - b),
		);
	});
	fc.assert(property, { numRuns: 2000 });
	expect(Math.min(accepted, refused)).toBeGreaterThan(50);
});

test("an image is accepted by its own chip alone", () => {
	const ids: Record<string, number> = {
		ESP32: 0,
		"ESP32-S2": 2,
		"ESP32-C3": 5,
		"ESP32-S3": 9,
		"ESP32-C6": 13,
	};
	for (const [built, id] of Object.entries(ids))
		for (const name of [...Object.keys(ids), "ESP8266"]) {
			const attempt = () => check({ chip: chipNamed(name)!, size: 4 << 20 }, part(0x10000, esp32Image(id)));
			if (built === name) attempt();
			else expect(attempt).toThrow(`it was built for ${built}, and this is an ${name}`);
		}
	expect(() => check(ESP32, part(0, esp8266Image()))).toThrow(/built for ESP8266, and this is an ESP32/);
	expect(() => check(ESP32, part(0x10000, esp32Image(77)))).toThrow(/built for a chip with id 77/);
	check(ESP8266, part(0, esp8266Image()));
});

test("an image made for more flash than there is", () => {
	expect(() => check(ESP32, part(0x1000, esp32Image(0, { sizeCode: 3 })))).toThrow(
		/built for 8 MB of flash, and this board has 4 MB; build for 4 MB/,
	);
	check(ESP32, part(0x1000, esp32Image(0, { sizeCode: 2 })));
	expect(() => check(ESP8266, part(0, esp8266Image({ sizeCode: 4 })))).toThrow(
		/4 MB of flash, and this board has 1 MB/,
	);
	check(ESP8266, part(0, esp8266Image({ sizeCode: 2 })));
});

test("what an ESP8266 cannot start from 0x0", () => {
	expect(() => check(ESP8266, part(0, esp8266ImageV2()))).toThrow(
		/through a bootloader at 0x0 only; .*0x0=boot_v1.7.bin/,
	);
	expect(() => check(ESP8266, part(0, content(100).fill(1)))).toThrow(/starts at 0x0, and this is no image/);
	check(ESP8266, part(0, esp8266Image()), part(0x2000, esp8266ImageV2()));
});

test("an app larger than its partition, by the table that comes with it", () => {
	const table = (size: number) =>
		part(
			0x8000,
			partitionTable([{ type: 0, subtype: 0, address: 0x10000, size, name: "factory" }]),
			"table.bin",
		);
	const app = part(0x10000, esp32Image(0, { segments: [content(9000)] }), "app.bin");
	expect(() => check(ESP32, table(0x2000), app)).toThrow(
		/app.bin is refused: it has 9 KB, and its partition "factory" 8 KB/,
	);
	check(ESP32, table(0x3000), app);
});

describe("what an ESP32 of any kind could not start", () => {
	const C3: Flash = { chip: chipNamed("ESP32-C3")!, size: 4 << 20 };
	const P4: Flash = { chip: chipNamed("ESP32-P4")!, size: 4 << 20 };
	const entry = (type: number, address: number, name: string, size = 0x100000): TableEntry => ({
		type,
		subtype: type,
		address,
		size,
		name,
	});
	const ENTRIES = [
		entry(1, 0x9000, "nvs", 0x4000),
		entry(0, 0x10000, "factory"),
		entry(0, 0x110000, "ota_0"),
	];
	const TABLE = partitionTable(ENTRIES);
	const text = content(2000).fill("hello ");
	const boot = (id: number) => esp32Image(id);
	const app = (id: number) => esp32Image(id, { app: true });
	const big = esp32Image(0, { segments: [content(40_000)] });

	test("whole layouts are accepted, in parts and merged, and parts of them", () => {
		const all = (bootloader: number, id: number): [Part, Part, Part] => [
			part(bootloader, boot(id)),
			part(0x8000, TABLE),
			part(0x10000, app(id)),
		];
		check(ESP32, ...all(0x1000, 0));
		check(C3, ...all(0, 5));
		check(P4, ...all(0x2000, 18), part(0, content(0x1000))); // keys
		for (const one of all(0x1000, 0)) check(ESP32, one);
		check(ESP32, part(0x8000, TABLE), part(0x110000, app(0)), part(0x9000, content(100)));
		for (const [flash, layout] of [
			[ESP32, all(0x1000, 0)],
			[C3, all(0, 5)],
		] as const) {
			const merged = Buffer.alloc(0x20000, 0xff);
			for (const { address, bytes } of layout) merged.set(bytes, address);
			check(flash, part(0, merged));
			if (flash === ESP32) check(flash, part(0x1000, merged.subarray(0x1000)));
		}
	});

	test.each<[string, Flash, Part[], RegExp]>([
		[
			"a text where the ROM looks for the bootloader",
			ESP32,
			[part(0x1000, text)],
			/an ESP32 starts its bootloader at 0x1000, and this is no image; .*esp32: 0x1000=bootloader.bin/,
		],
		[
			"a text over the bootloader",
			ESP32,
			[part(0, content(0x2000).fill("hi"))],
			/0x1000, and this is no image/,
		],
		["a text within the bootloader", ESP32, [part(0x3000, text)], /up to 0x8000 nothing else belongs/],
		[
			"a C3's bootloader at an ESP32's place",
			C3,
			[part(0x1000, boot(5))],
			/ESP32-C3 starts its bootloader at 0x0/,
		],
		[
			"an ESP32's bootloader at a C3's place",
			ESP32,
			[part(0, boot(0))],
			/an ESP32 starts its bootloader at 0x1000/,
		],
		["a large one", ESP32, [part(0, big)], /an ESP32 starts its bootloader at 0x1000, and this image begins/],
		["a bootloader before a P4's place", P4, [part(0x1000, boot(18))], /its bootloader at 0x2000/],
		[
			"a C3's bootloader for an ESP32",
			ESP32,
			[part(0x1000, boot(5))],
			/built for ESP32-C3, and this is an ESP32/,
		],
		["an app as bootloader", C3, [part(0, app(5))], /bootloader at 0x0, and this is an app/],
		[
			"a merged image without bootloader",
			ESP32,
			[part(0, Buffer.concat([Buffer.alloc(0x8000, 0xff), TABLE]))],
			/0x1000, and this is no image/,
		],
		[
			"a merged image with a damaged bootloader",
			ESP32,
			[part(0, Buffer.concat([Buffer.alloc(0x1000, 0xff), boot(0).subarray(0, 2000), text]))],
			/the image is damaged/,
		],
		[
			"an app at the partition table's place",
			ESP32,
			[part(0x8000, app(0))],
			/looks for the partition table there, and this is not one/,
		],
		["an app over it", ESP32, [part(0x1000, big)], /it reaches over 0x8000, where the partition table lies/],
		[
			"a table elsewhere",
			ESP32,
			[part(0x9000, TABLE)],
			/partition table, which the bootloader looks for at 0x8000/,
		],
		[
			"an app between table and first app",
			ESP32,
			[part(0x9000, app(0))],
			/begins at a multiple of 0x10000; .*0x10000/,
		],
		["an app beside the pages", ESP32, [part(0x21000, app(0))], /begins at a multiple of 0x10000/],
		[
			"an app where the table has none",
			ESP32,
			[part(0x8000, TABLE), part(0x20000, app(0))],
			/0x20000 .* has no app there, but "factory" at 0x10000, "ota_0" at 0x110000; correct the address, or/,
		],
		[
			"an app where the table has data",
			ESP32,
			[part(0x8000, TABLE), part(0x9000, app(0))],
			/has no app there/,
		],
		[
			"no image where the table has an app",
			ESP32,
			[part(0x8000, TABLE), part(0x10000, text)],
			/this is no image/,
		],
		[
			"a table with a wrong MD5",
			ESP32,
			[part(0x8000, Buffer.from(TABLE).fill(1, 14, 15))],
			/a bootloader refuses this partition table: its MD5 is wrong/,
		],
		[
			"a table without MD5",
			ESP32,
			[part(0x8000, partitionTable(ENTRIES, { md5: false }))],
			/there is no MD5/,
		],
		["a table cut off", ESP32, [part(0x8000, TABLE.subarray(0, 70))], /there is no MD5/],
		[
			"a table for more flash",
			ESP32,
			[part(0x8000, partitionTable([entry(0, 0x390000, "main")]))],
			/"main" ends at 0x490000/,
		],
		[
			"a table without app",
			ESP32,
			[part(0x8000, partitionTable([entry(1, 0x9000, "nvs")]))],
			/no partition for an app/,
		],
	])("%s", (_what, flash, parts, message) => {
		expect(() => check(flash, ...parts)).toThrow(message);
		expect(() => check(flash, ...parts)).toThrow(
			/ is refused: .+; .+; "flash --force" writes it all the same$/,
		);
		expect(checkParts(parts, flash, { force: true })).toHaveLength(parts.length);
	});

	test("--force is no help where writing would damage something", () => {
		for (const parts of [
			[part(0x8004, text)],
			[part(0x8000, TABLE), part(0x8000, text)],
			[part(0x3ff000, content(5000))],
			[part(0, new Uint8Array(0))],
		])
			expect(() => checkParts(parts, ESP32, { force: true })).toThrow(/is refused/);
	});

	test("a table where the bootloader was built to look for it", () => {
		const parts = [part(0x1000, big), part(0xc000, TABLE), part(0x10000, app(0))];
		expect(checkParts(parts, ESP32, { tableAddress: 0xc000 })).toHaveLength(3);
		expect(() => check(ESP32, ...parts)).toThrow(/it reaches over 0x8000/);
	});

	test("any bytes anywhere are judged, none throws anything else", () => {
		const start = fc.constantFrom(
			[],
			[0xe9],
			[0xaa, 0x50],
			[...TABLE.subarray(0, 96)],
			[...boot(0).subarray(0, 40)],
		);
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 32 }),
				start,
				fc.uint8Array({ maxLength: 200 }),
				(sector, head, rest) => {
					try {
						check(ESP32, part(sector * SECTOR, Uint8Array.from([...head, ...rest])));
					} catch (error) {
						expect((error as Error).message).toMatch(/ is refused: /);
					}
				},
			),
			{ numRuns: 1000 },
		);
	});
});
