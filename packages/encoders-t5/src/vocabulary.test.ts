import { expect, test } from "vitest";
import { T5Tokenizer, t5Vocabulary } from "./index.ts";
import { jsonOf } from "./testing/files.ts";

const prompts = jsonOf("vocabulary.json") as unknown as { prompt: string; ids: number[] }[];

test("the package's vocabulary gives the ids of google/t5-v1_1-xxl (oracle: transformers' T5TokenizerFast)", async () => {
	const tokenizer = new T5Tokenizer({ name: "T5", ...(await t5Vocabulary()) });
	expect(tokenizer.size).toBe(32_100);
	expect(prompts.length).toBeGreaterThanOrEqual(200);
	for (const { prompt, ids } of prompts) {
		const found = [...tokenizer.encode([prompt], 256).data].map(Number);
		expect(found.slice(0, ids.length), JSON.stringify(prompt)).toEqual(ids);
	}
});
