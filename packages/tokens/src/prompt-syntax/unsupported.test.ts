import fc from "fast-check";
import { expect, it, test } from "vitest";
import { unsupportedSyntax } from "./unsupported.ts";

it.each<[prompt: string, found: string, reading: RegExp]>([
	["a cat <lora:style:0.8> on a mat", "<lora:style:0.8>", /left out.*option loras/],
	["a cat <lyco:style>", "<lyco:style>", /left out/],
	["a cat <hypernet:style:1>", "<hypernet:style:1>", /left out/],
	["a cat AND a dog", "AND", /read as text/],
	["a [cat:dog:0.5]", "[cat:dog:0.5]", /read as text.*edited/],
	["a [dog: 10 ]", "[dog: 10 ]", /read as text.*edited/],
	["a [(b:1.2)::.4]", "[(b:1.2)::.4]", /edited/],
	["a [cat|dog]", "[cat|dog]", /alternate/],
	["a {red|blue} cat", "{red|blue}", /braces/],
])("%s: %s is reported", (prompt, found, reading) => {
	const { text, unsupported } = unsupportedSyntax(prompt);
	expect(unsupported).toEqual([{ found, reading: expect.stringMatching(reading) }]);
	expect(text).toBe(found.startsWith("<") ? prompt.replace(found, "") : prompt);
});

it.each(["a (cat:1.3), [dog]", "<cat-toy>", "a\\[b:0.5\\]", "ANDROID", "12:30 [sky]", "a|b", "<s0><s1>"])(
	"%s has none",
	(prompt) => {
		expect(unsupportedSyntax(prompt)).toEqual({ text: prompt, unsupported: [] });
	},
);

it("several kinds are reported, each once", () => {
	const { text, unsupported } = unsupportedSyntax("<lora:a:1>[a|b] AND [c|d] <lora:b:1>");
	expect(text).toBe("[a|b] AND [c|d] ");
	expect(unsupported.map(({ found }) => found)).toEqual(["<lora:a:1>", "<lora:b:1>", "AND", "[a|b]"]);
});

test("texts without tags stay as they are", () => {
	const piece = fc.constantFrom("[", "]", "|", ":", "0.5", "{", "}", "\\", ">", "AND", "x", "lora:");
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
			expect(unsupportedSyntax(pieces.join("")).text).toBe(pieces.join(""));
		}),
	);
});
