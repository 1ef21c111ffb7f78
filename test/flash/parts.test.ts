import fc from "fast-check";
import { chipNamed } from "../../tools/flash/chips.js";
import { checkParts, type Flash, type Part, SECTOR } from "../../tools/flash/parts.js";
import { content, esp32Image, esp8266Image, esp8266ImageV2, partitionTable } from "../support/images.js";

const ESP32: Flash = { chip: chipNamed("ESP32")!, size: 4 << 20 };
const ESP8266: Flash = { chip: chipNamed("ESP8266")!, size: 1 << 20 };

const part = (address: number, bytes: Uint8Array, name = "a.bin"): Part => ({ address, name, bytes });
const check = (flash: Flash, ...parts: Part[]) => checkParts(parts, flash);

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
	const size = 16 * SECTOR;
	let accepted = 0;
	let refused = 0;
	const property = fc.property(anyParts, (given) => {
		const parts = given.map(({ sector, offset, length }) =>
			part(sector * SECTOR + offset, new Uint8Array(length).fill(0x55)),
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
