import { readFile } from "node:fs/promises";
import { CLIPTokenizer } from "@drum/encoders-clip";
import { T5Tokenizer } from "@drum/encoders-t5";
import { parseJsonFile } from "@drum/tensor";
import { changeBytes } from "../change-bytes.ts";
import { changeJson } from "../change-json.ts";
import { inRepository, type Target } from "../target.ts";

const PROMPTS = [
	"a cat on a red mat",
	"",
	"ünïcôdé 模型 🐱 ½ ﬁ <|endoftext|> it's 123",
	"x".repeat(3000),
	"\0\u0001\ud800",
];
const CLIP = "test/golden/fixtures/sd1/tokenizer";
const T5 = "packages/encoders-t5/src/fixtures/tokenizer";

async function jsonOf(path: string): Promise<unknown> {
	return JSON.parse(await readFile(inRepository(path), "utf8"));
}

function parsed(text: string): unknown {
	return parseJsonFile(Buffer.from(text), "changed.json");
}

/** CLIP's `vocab.json`, `merges.txt` and `tokenizer_config.json`. */
export const clipTokenizer: Target = {
	name: "clip-tokenizer",
	async prepare() {
		const [vocab, config] = [await jsonOf(`${CLIP}/vocab.json`), await jsonOf(`${CLIP}/tokenizer_config.json`)];
		const merges = await readFile(inRepository(`${CLIP}/merges.txt`), "utf8");
		return async (random) => {
			const files = { name: "changed", vocab, merges, config };
			const kind = random.below(3);
			if (kind === 0) files.vocab = parsed(changeJson(random, vocab));
			else if (kind === 1) files.config = parsed(changeJson(random, config));
			else files.merges = Buffer.from(changeBytes(random, Buffer.from(merges))).toString("latin1");
			new CLIPTokenizer(files).encode(PROMPTS, 77);
		};
	},
};

/** T5's `tokenizer.json` and `spiece.model`. */
export const t5Tokenizer: Target = {
	name: "t5-tokenizer",
	async prepare() {
		const tokenizer = await jsonOf("test/golden/fixtures/flux/tokenizer_2/tokenizer.json");
		const spiece = await readFile(inRepository(`${T5}/spiece.model`));
		return async (random) => {
			const files = random.chance(0.5)
				? { name: "changed", tokenizer: parsed(changeJson(random, tokenizer)) }
				: { name: "changed", spiece: changeBytes(random, spiece) };
			new T5Tokenizer(files).encode(PROMPTS, 77);
		};
	},
};
