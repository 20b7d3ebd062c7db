import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLIPTokenizer, clipVocabulary } from "./index.ts";

const golden = new URL("../../../test/golden/fixtures/tokenizer.json", import.meta.url);
const { prompts } = JSON.parse(readFileSync(golden, "utf8")) as { prompts: { prompt: string; clip: number[] }[] };

test("the package's vocabulary gives the ids of openai/clip-vit-large-patch14 (oracle: transformers' CLIPTokenizer)", async () => {
	const tokenizer = new CLIPTokenizer({ name: "CLIP", ...(await clipVocabulary()) });
	expect(tokenizer.size).toBe(49_408);
	for (const { prompt, clip } of prompts) {
		const [ids] = [[...tokenizer.encode([prompt], 77).data].map(Number)];
		expect(ids.slice(0, clip.length), JSON.stringify(prompt)).toEqual(clip);
	}
});
