import { expect, test } from "vitest";
import { severalVectors } from "./index.ts";

test("a token with several vectors is replaced by the names of all of them", () => {
	const write = severalVectors(["<cat>", "<cat>_1", "<cat>_2", "<cat>_4", "<dog>"])!;
	expect(write("a <cat>, <cat> and <dog>", ["a</w>", "<cat>", "<dog>"])).toBe(
		"a <cat> <cat>_1 <cat>_2, <cat> <cat>_1 <cat>_2 and <dog>",
	);
	expect(write("a cat", ["a</w>", "cat</w>"])).toBe("a cat");
});

test("without such tokens, no prompt changes", () => {
	expect(severalVectors(["<cat>", "<cat>_2"])).toBeUndefined();
});
