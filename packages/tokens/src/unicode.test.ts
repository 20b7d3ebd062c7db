import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compose, isSpace, LETTER, lowerCase, NUMBER, OTHER } from "./index.ts";
import { isWord } from "./unicode.ts";

// The oracle is Hugging Face's tokenizers 0.23.3, for each code point, by tooling/golden/unicode.py.

const oracle = JSON.parse(readFileSync(new URL("fixtures/unicode.json", import.meta.url), "utf8")) as Record<
	"letters" | "numbers" | "spaces" | "words" | "still",
	number[]
>;

function ranges(is: (character: string) => boolean): number[] {
	const runs: number[] = [];
	for (let point = 0; point < 0x110000; point++) {
		if (point === 0xd800) point = 0xe000;
		if (!is(String.fromCodePoint(point))) continue;
		if (runs.at(-1) === point - 1) runs[runs.length - 1] = point;
		else runs.push(point, point);
	}
	return runs;
}

describe("each code point is", () => {
	const letter = new RegExp(`^${LETTER}$`, "v");
	const number = new RegExp(`^${NUMBER}$`, "v");
	const other = new RegExp(`^${OTHER}$`, "v");
	const still = (c: string) => compose(`q${c}\u0334`) === `${compose(`q${c}`)}\u0334`;

	test.each<[keyof typeof oracle, (character: string) => boolean]>([
		["letters", (c) => letter.test(c)],
		["numbers", (c) => number.test(c)],
		["spaces", isSpace],
		["words", isWord],
		["still", still],
	])("among the %s exactly if it is for the library", (name, is) => {
		expect(ranges(is)).toEqual(oracle[name]);
	});

	test("exactly one of letter, number, space and sign", () => {
		const kinds = (c: string) => [letter, number, other].filter((kind) => kind.test(c)).length + Number(isSpace(c));
		expect(ranges((c) => kinds(c) !== 1)).toEqual([]);
	});
});

test("a text is composed, except for characters that the library does not know", () => {
	expect(compose("e\u0301 \u0897e\u0301")).toBe("é \u0897é");
	expect(compose("\u{105d2}\u0307")).toBe("\u{105d2}\u0307");
});

test("each letter of a text is lower-cased on its own", () => {
	expect(lowerCase("ΟΔΟΣ İ ẞ")).toBe("οδοσ i̇ ß");
});
