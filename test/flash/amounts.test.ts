import { bytesText, rateText, timeText } from "../../tools/flash/amounts.js";

test("amounts as people read them", () => {
	expect([0, 1023, 1024, 150_000, 4 << 20, (4 << 20) + 1024].map(bytesText)).toEqual([
		"0 bytes",
		"1023 bytes",
		"1 KB",
		"146 KB",
		"4 MB",
		"4097 KB",
	]);
	expect(rateText(84 * 1024, 1000)).toBe("84 KB/s");
	expect(rateText(1024, 0)).toBe("1000 KB/s");
	expect([0, 1, 8000, 61_000, 3_599_001].map(timeText)).toEqual(["0:00", "0:01", "0:08", "1:01", "60:00"]);
});
