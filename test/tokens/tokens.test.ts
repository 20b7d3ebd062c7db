import { beforeAll, describe, expect, test } from "vitest";
import { encodeForm } from "./encode.ts";
import { formsOf } from "./forms.ts";
import { type Marks, marksOf, readMarks } from "./marks.ts";
import { awkwardPrompts } from "./prompts.ts";

// Oracle: transformers 5.24 and diffusers 0.42, by `pnpm fuzz:tokens --write`, which compares more of them.

const COUNT = 400;

describe("ids and cut-off texts are those of transformers for a tokenizer saved as", () => {
	let kept: Marks;
	let prompts: string[];
	beforeAll(() => {
		kept = readMarks();
		prompts = awkwardPrompts(kept.seed, COUNT);
	});

	test.each(formsOf().map((form) => [form.name, form] as const))("%s", (name, form) => {
		const expected = kept.forms[name]!;
		const marks = marksOf(encodeForm(form, prompts));
		expect(prompts.filter((_, row) => marks[row] !== expected[row])).toEqual([]);
		// All prompts are there to compare with, and they are not alike.
		expect(expected).toHaveLength(kept.count);
		expect(new Set(expected.subarray(0, COUNT)).size).toBeGreaterThan(COUNT * 0.9);
	});
});
