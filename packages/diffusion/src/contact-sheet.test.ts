import { describe, expect, test } from "vitest";
import { contactSheet, type Image } from "./index.ts";

const plain = (width: number, height: number, ...colour: [number, number, number]): Image => ({
	width,
	height,
	data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]!),
});
const pixel = ({ width, data }: Image, x: number, y: number) => [
	...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe("a contact sheet", () => {
	const [red, blue] = [plain(64, 32, 200, 0, 0), plain(64, 32, 0, 0, 200)];

	test("has the pictures in rows and columns, small ones enlarged by a whole number, on white", () => {
		const sheet = contactSheet([[red, blue], [blue]]);
		expect([sheet.width, sheet.height]).toEqual([8 + 2 * (128 + 8), 8 + 2 * (64 + 8)]);
		expect(pixel(sheet, 7, 8)).toEqual([255, 255, 255]);
		expect(pixel(sheet, 8, 8)).toEqual([200, 0, 0]);
		expect(pixel(sheet, 8 + 127, 8 + 63)).toEqual([200, 0, 0]);
		expect(pixel(sheet, 8 + 128 + 8, 8)).toEqual([0, 0, 200]);
		expect(pixel(sheet, 8, 8 + 64 + 8)).toEqual([0, 0, 200]);
		expect(pixel(sheet, 8 + 128 + 8, 8 + 64 + 8)).toEqual([255, 255, 255]);
	});

	test("leaves large pictures as they are", () => {
		const { width, height } = contactSheet([[plain(512, 512, 1, 2, 3)]], { gap: 0 });
		expect([width, height]).toEqual([512, 512]);
	});

	test("has a line of labels above, each at its column", () => {
		const sheet = contactSheet([[red, blue]], { labels: ["0.3", "1"] });
		expect(sheet.height).toBe(15 + 8 + contactSheet([[red, blue]]).height);
		const line = (from: number) =>
			Array.from({ length: 128 }, (_, x) => pixel(sheet, from + x, 8)).filter(([r]) => r === 0).length;
		// The first row of pixels of "0.3" is two full letters of three points; of "1" one point.
		expect([line(8), line(8 + 136)]).toEqual([18, 3]);
	});

	test("refuses no pictures, sizes that differ, and letters it does not have", () => {
		expect(() => contactSheet([[]])).toThrow("rows: expected at least one picture, found none");
		expect(() => contactSheet([[red, plain(32, 32, 0, 0, 0)]])).toThrow(
			"pictures of one size, 64 × 32, found one of 32 × 32",
		);
		expect(() => contactSheet([[red]], { labels: ["x"] })).toThrow("labels: expected the letters");
	});
});
