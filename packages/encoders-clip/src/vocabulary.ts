import { loadPart } from "@drum/tensor";
import { BYTE_LETTERS, inflate } from "@drum/tokens";
import type { TokenizerFiles } from "./tokenizer.ts";
import { END_OF_WORD } from "./tokenizer-json.ts";

/**
 * The vocabulary of OpenAI's CLIP, which all CLIP text encoders of Stable Diffusion and FLUX use: the contents of `vocab.json` and `merges.txt` in
 * their checkpoints. The first call reads it from this package.
 */
export async function clipVocabulary(): Promise<Required<Pick<TokenizerFiles, "vocab" | "merges">>> {
	// Outside the build's output, where the path is the same, so no bundle contains it twice.
	const { default: packed } = await loadPart(() => import("../vocabulary.json", { with: { type: "json" } }));
	const merges = new TextDecoder().decode(await inflate(packed.merges));
	const letters = [...BYTE_LETTERS].sort();
	const joined = merges.split("\n").map((merge) => merge.replace(" ", ""));
	const ends = letters.map((letter) => letter + END_OF_WORD);
	const tokens = [...letters, ...ends, ...joined, "<|startoftext|>", "<|endoftext|>"];
	return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}
