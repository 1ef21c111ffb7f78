// What is done at a board beside flashing, against simulated chips on pseudo-terminals.

import { jest } from "@jest/globals";
import type { FoundBoard } from "../../tools/boards/find.js";
import { findBoard, findBoards } from "../../tools/boards/find.js";
import { infoLines } from "../../tools/boards/wording.js";
import { eraseBoard, inspectBoard, readBoard, resetBoard, verifyBoard } from "../../tools/boards/work.js";
import { chipNamed } from "../../tools/flash/chips.js";
import type { Report } from "../../tools/flash/flasher.js";
import type { PortClass } from "../../tools/serial/serial-line.js";
import { flash } from "../flash/flashing.js";
import { Board } from "../support/chip/board.js";
import { content, esp32Image, esp8266Image, partitionTable } from "../support/images.js";

jest.setTimeout(30_000); // for busy computers

const boards: Board[] = [];
const signal = new AbortController().signal;

afterEach(async () => {
	for (const board of boards.splice(0)) await board.close();
});

const TABLE = partitionTable([
	{ type: 1, subtype: 2, address: 0x9000, size: 0x6000, name: "nvs" },
	{ type: 0, subtype: 0, address: 0x10000, size: 0xe0000, name: "factory" },
]);

/** An app's first segment, as ESP-IDF makes it. */
function described(name: string, version: string): Buffer {
	const segment = content(3000);
	segment.fill(0, 0, 256);
	segment.write(version, 16);
	segment.write(name, 48);
	segment.write("10:11:12", 80);
	segment.write("Nov 20 2026", 96);
	segment.write("v5.4.1", 112);
	return segment;
}

type Model = Parameters<typeof Board.open>[0];

async function plugIn(
	model: Model,
	{ mac = [0x24, 0x0a, 0xc4, 0, 1, 0x10], size = 1 << 20 } = {},
): Promise<Board> {
	const board = await Board.open(model, size);
	boards.push(board);
	const { fuses, flash } = board.chip;
	const low = ((mac[2] << 24) | (mac[3] << 16) | (mac[4] << 8) | mac[5]) >>> 0;
	if (model === "esp32") {
		fuses.set(0x3ff5a004, low);
		fuses.set(0x3ff5a008, (mac[0] << 8) | mac[1]);
	} else if (model === "esp32c3") {
		fuses.set(0x60008844, low);
		fuses.set(0x60008848, (mac[0] << 8) | mac[1]);
	} else {
		fuses.set(0x3ff0005c, (mac[0] << 16) | (mac[1] << 8) | mac[2]);
		fuses.set(0x3ff00054, (mac[3] << 8) | mac[4]);
		fuses.set(0x3ff00050, mac[5] << 24);
	}
	if (model === "esp8266") flash.write(0, esp8266Image());
	else {
		flash.write(0x8000, TABLE);
		flash.write(
			0x10000,
			esp32Image(model === "esp32" ? 0 : 5, { app: true, segments: [described("kitchen", "1.4.0")] }),
		);
	}
	return board;
}

const found = (board: Board): FoundBoard => ({ port: { path: board.path }, label: board.path });
const seams = (board: Board) => ({ Port: board.controlled, patience: 0.2 });

function listen(): Report & { notes: string[] } {
	const notes: string[] = [];
	return { notes, note: (text) => notes.push(text), begin() {}, part() {}, progress() {}, end() {} };
}

describe("info", () => {
	test.each(["esp32", "esp32c3"] as const)(
		"%s: chip, MAC, flash, partitions and app, and the app runs again",
		async (model) => {
			const board = await plugIn(model);
			const report = listen();
			const info = await inspectBoard(found(board), report, signal, seams(board));
			expect(info).toMatchObject({
				chip: model === "esp32" ? "ESP32" : "ESP32-C3",
				mac: "24:0a:c4:00:01:10",
				flashSize: 1 << 20,
				apps: [
					{
						partition: "factory",
						name: "kitchen",
						version: "1.4.0",
						built: "Nov 20 2026 10:11:12",
						idf: "v5.4.1",
					},
				],
			});
			expect(info.partitions!.map(({ name }) => name)).toEqual(["nvs", "factory"]);
			expect(infoLines(info).slice(1)).toEqual([
				"app in factory: kitchen 1.4.0, built Nov 20 2026 10:11:12 with ESP-IDF v5.4.1",
				"partitions:",
				"  nvs              data      0x9000    24 KB",
				"  factory          app       0x10000   896 KB",
			]);
			expect(board.chip.mode).toBe("app");
			expect(report.notes).toEqual(["the app was started"]);
		},
	);

	test("an ESP8266 has an image, and no partition table", async () => {
		const board = await plugIn("esp8266");
		const info = await inspectBoard(found(board), listen(), signal, seams(board));
		expect(info).toMatchObject({ chip: "ESP8266", mac: "24:0a:c4:00:01:10", apps: [{}] });
		expect(info.partitions).toBeUndefined();
		expect(board.chip.mode).toBe("app");
	});

	test("an empty board has none, and what is in flash acts upon no terminal", async () => {
		const board = await plugIn("esp32");
		board.chip.flash.eraseAll();
		expect(await inspectBoard(found(board), listen(), signal, seams(board))).toMatchObject({ apps: [] });
		board.chip.flash.write(
			0x8000,
			partitionTable([{ type: 0, subtype: 0, address: 0x10000, size: 0xe0000, name: "\x1b[2J" }]),
		);
		board.chip.flash.write(
			0x10000,
			esp32Image(0, { app: true, segments: [described("\x1b]0;x\x07", "\u202e1")] }),
		);
		const lines = infoLines(await inspectBoard(found(board), listen(), signal, seams(board)));
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
		expect(lines.join("\n")).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
	});

	test("a noisy line costs time only", async () => {
		const board = await plugIn("esp32");
		let spoilt = 0;
		board.toHost = (bytes) => {
			if (bytes.length > 500 && spoilt++ === 0) bytes[200] ^= 0x10;
			return bytes;
		};
		const report = listen();
		expect(await inspectBoard(found(board), report, signal, seams(board))).toMatchObject({
			apps: [{ name: "kitchen" }],
		});
		expect(report.notes[0]).toMatch(/what was read is not what the chip sent: once more/);
	});
});

describe("read", () => {
	test("all of the flash, byte for byte, and flash can take it back", async () => {
		const board = await plugIn("esp32");
		board.chip.flash.write(0x1000, esp32Image(0)); // a bootloader, or flash refuses it rightly
		const { address, bytes } = await readBoard(
			found(board),
			{ baud: 460_800 },
			listen(),
			signal,
			seams(board),
		);
		expect(address).toBe(0);
		const before = Buffer.from(board.chip.flash.bytes);
		expect(Buffer.from(bytes).equals(before)).toBe(true);
		expect(board.chip.mode).toBe("app");
		board.chip.flash.eraseAll();
		await flash(board, [{ address, name: "backup.bin", bytes }], seams(board));
		expect(board.chip.flash.bytes.equals(before)).toBe(true);
	});

	test("a partition by its name; one that is not there is told with those that are", async () => {
		const board = await plugIn("esp32");
		const options = { baud: 460_800, partition: "factory" };
		const { address, bytes } = await readBoard(found(board), options, listen(), signal, seams(board));
		expect([address, bytes.length]).toEqual([0x10000, 0xe0000]);
		expect(Buffer.from(bytes).equals(board.chip.flash.bytes.subarray(0x10000, 0xf0000))).toBe(true);
		await expect(
			readBoard(found(board), { ...options, partition: "ota" }, listen(), signal, seams(board)),
		).rejects.toThrow(/^there is no partition "ota": its table has nvs, factory; name one of them$/);
		expect(board.chip.mode).toBe("app");
	});

	test("what comes damaged is read again, more slowly", async () => {
		const board = await plugIn("esp32");
		let blocks = 0;
		board.toHost = (bytes) => (bytes.length > 900 && ++blocks % 200 === 7 ? bytes.subarray(0, 400) : bytes);
		const report = listen();
		const { bytes } = await readBoard(found(board), { baud: 460_800 }, report, signal, seams(board));
		expect(Buffer.from(bytes).equals(board.chip.flash.bytes)).toBe(true);
		expect(report.notes.filter((note) => note.includes("once more")).length).toBeGreaterThan(0);
	});

	test("a board that is unplugged in the midst of it is told", async () => {
		const board = await plugIn("esp32");
		let blocks = 0;
		board.toHost = (bytes) => {
			if (bytes.length > 900 && ++blocks === 30) void board.pull();
			return bytes;
		};
		await expect(readBoard(found(board), { baud: 460_800 }, listen(), signal, seams(board))).rejects.toThrow(
			/is gone/,
		);
	});
});

describe("verify", () => {
	const firmware = (bytes: Buffer) => ({ place: () => [{ address: 0x8000, name: "table.bin", bytes }] });

	test("what is there passes, what differs is named, and nothing is written", async () => {
		const board = await plugIn("esp32");
		const report = listen();
		await verifyBoard(firmware(TABLE), found(board), report, signal, seams(board));
		expect(report.notes).toEqual(["0x8000 table.bin is on the board already", "the app was started"]);
		const other = Buffer.from(TABLE);
		other[12] ^= 1;
		await expect(verifyBoard(firmware(other), found(board), report, signal, seams(board))).rejects.toThrow(
			/^the firmware is not on the board: 0x8000 table.bin differs; "xs-mqtt flash" writes it$/,
		);
		expect(board.chip.flash.erased).toBe(0);
		expect(board.chip.mode).toBe("app");
	});

	test("firmware for another chip is told as such", async () => {
		const board = await plugIn("esp32");
		const other = { ...firmware(TABLE), chip: chipNamed("ESP32-C3")! };
		await expect(verifyBoard(other, found(board), listen(), signal, seams(board))).rejects.toThrow(
			/^the firmware for ESP32-C3 is not on the board: it is an ESP32; choose another board with --port$/,
		);
	});
});

describe("erase", () => {
	test("a partition, and nothing else", async () => {
		const board = await plugIn("esp32");
		board.chip.flash.write(0x9000, content(5000));
		const before = Buffer.from(board.chip.flash.bytes);
		expect(await eraseBoard(found(board), "nvs", listen(), signal, seams(board))).toEqual({
			address: 0x9000,
			bytes: 0x6000,
		});
		expect(board.chip.flash.bytes.equals(before.fill(0xff, 0x9000, 0xf000))).toBe(true);
	});

	test("all", async () => {
		const board = await plugIn("esp8266");
		await eraseBoard(found(board), undefined, listen(), signal, seams(board));
		expect(board.chip.flash.bytes.every((byte) => byte === 0xff)).toBe(true);
	});
});

test("reset restarts the app, and nothing else", async () => {
	const board = await plugIn("esp32");
	await resetBoard(found(board), seams(board));
	expect(board.chip.mode).toBe("app");
	expect(board.signals.slice(-3)).toEqual(["--", "-R", "--"]);
	await expect(resetBoard(found(await plugIn("esp32")))).rejects.toThrow(/no control lines/);
});

describe("--port", () => {
	const bridge = { vendorId: "10c4", productId: "ea60", board: "CP210x" };
	const list = async () => [
		{ path: "/dev/ttyUSB0", ...bridge, serialNumber: "0001" },
		{
			path: "/dev/ttyACM0",
			vendorId: "303a",
			productId: "1001",
			serialNumber: "24:0A:C4:00:00:02",
			board: "inside",
		},
	];
	const registry = {
		kitchen: { mac: "24:0a:c4:00:00:02" },
		garden: { mac: "24:0a:c4:00:00:09", serialNumber: "0001" },
	};
	const places = { list, registry };

	test.each([
		["0001", "/dev/ttyUSB0"],
		["10C4:EA60", "/dev/ttyUSB0"],
		["303a:1001", "/dev/ttyACM0"],
		["24:0a:C4:00:00:02", "/dev/ttyACM0"],
		["kitchen", "/dev/ttyACM0"],
		["garden", "/dev/ttyUSB0"],
		["/dev/ttyS7", "/dev/ttyS7"],
		["COM3", "COM3"],
	])("%s is %s", async (wanted, path) => {
		expect(await findBoard(wanted, places)).toMatchObject({ label: wanted, port: { path } });
	});

	test("what is not found is told with what is there", async () => {
		await expect(findBoard("attic", places)).rejects.toThrow(
			/the board "attic" was not found: .*boards\.json.*\/dev\/ttyUSB0/s,
		);
		await expect(findBoard("1a86:7523", places)).rejects.toThrow(/none of these has them/);
	});

	test("one that only the board tells: each is asked, and its app goes on", async () => {
		const first = await plugIn("esp32", { mac: [1, 2, 3, 4, 5, 6] });
		const second = await plugIn("esp32", { mac: [1, 2, 3, 4, 5, 7] });
		const ports = async () => [first, second].map(({ path }) => ({ path, ...bridge }));
		const Port = class {
			constructor(options: ConstructorParameters<PortClass>[0]) {
				const board = [first, second].find(({ path }) => path === options.path)!;
				// biome-ignore lint/correctness/noConstructorReturn: each board has control lines of its own
				return new board.controlled(options);
			}
		} as unknown as PortClass;
		const notes: string[] = [];
		const wanted = await findBoard("01:02:03:04:05:07", {
			list: ports,
			registry: {},
			note: (text) => notes.push(text),
			Port,
			patience: 0.2,
		});
		expect(wanted.port.path).toBe(second.path);
		expect(notes).toEqual([
			`asking the board at ${first.path} for its MAC address, which restarts it`,
			`asking the board at ${second.path} for its MAC address, which restarts it`,
		]);
		expect([first.chip.mode, second.chip.mode]).toEqual(["app", "app"]);
	});

	test("the same board under two names is refused", async () => {
		await expect(findBoards(["garden", "0001"], places)).rejects.toThrow(
			/"garden" and "0001" are the same board/,
		);
	});
});
