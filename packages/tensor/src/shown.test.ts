import { describe, expect, test } from "vitest";
import { bytesText, printable, shown } from "./index.ts";

describe("shown", () => {
	test.each<[unknown, string]>([
		[undefined, "nothing"],
		["42", '"42"'],
		[42, "42"],
		[-0, "-0"],
		[Number.NaN, "NaN"],
		[5n, "5n"],
		[null, "null"],
		[[1, "a", [2, [3]]], '[1, "a", [2, […]]]'],
		[[1, 2, 3, 4, 5, 6, 7], "[1, 2, 3, 4, 5, … 2 more]"],
		[{ a: { b: { c: 1 } } }, '{ "a": { "b": {…} } }'],
		[{}, "{}"],
		[Promise.resolve(), "a Promise"],
		[new Float32Array(3), "a Float32Array of 3"],
		[new Error("x"), "an Error"],
		[() => 1, "a function"],
		['say "hi"\\', '"say \\"hi\\"\\\\"'],
		["a\u001b[2J\n\u202eb", '"a\\u001b[2J\\n\\u202eb"'],
	])("%o", (value, text) => {
		expect(shown(value)).toBe(text);
	});

	test("is short for what is deep, long or does not want to be looked at", () => {
		let deep: unknown = 1;
		for (let i = 0; i < 100_000; i++) deep = [deep];
		expect(shown(deep)).toBe("[[[…]]]");
		expect(shown("x".repeat(1e6))).toHaveLength(103);
		const trap = new Proxy(
			{},
			{
				ownKeys: () => {
					throw new Error("no");
				},
			},
		);
		expect(shown(trap)).toBe("object");
	});
});

test("printable text keeps letters of all scripts and emoji, and cuts none of them in half", () => {
	expect(printable("naïve 模型 🐱 👩‍🚀 می‌خواهم")).toBe("naïve 模型 🐱 👩‍🚀 می‌خواهم");
	expect(printable(`${"x".repeat(99)}🐱`)).toBe(`${"x".repeat(99)}…`);
	expect(printable("\ud800")).toBe("\\ud800");
});

test.each([
	[0, "0 B"],
	[999, "999 B"],
	[1000, "1.00 kB"],
	[12_345, "12.3 kB"],
	[999_499, "999 kB"],
	[999_500, "1.00 MB"],
	[3_438_167_540, "3.44 GB"],
	[2e15, "2000 TB"],
])("%i bytes are %s", (bytes, text) => {
	expect(bytesText(bytes)).toBe(text);
});
