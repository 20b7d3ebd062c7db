import { loadPart } from "@drum/tensor";
import { BYTE_LETTERS, inflate } from "@drum/tokens";
import type { TokenizerFiles } from "./tokenizer.ts";
import { END_OF_WORD } from "./tokenizer-json.ts";

/**
 * The vocabulary of OpenAI's CLIP, which all text encoders of Stable Diffusion and FLUX read: what `vocab.json` and `merges.txt` of
 * their checkpoints hold. Read from this package when it is asked for.
 */
export async function clipVocabulary(): Promise<Required<Pick<TokenizerFiles, "vocab" | "merges">>> {
	// Outside of the build's output: the path is the same from there, and no bundle holds it twice.
	const { default: packed } = await loadPart(() => import("../vocabulary.json", { with: { type: "json" } }));
	const merges = new TextDecoder().decode(await inflate(packed.merges));
	const letters = [...BYTE_LETTERS].sort();
	const joined = merges.split("\n").map((merge) => merge.replace(" ", ""));
	const ends = letters.map((letter) => letter + END_OF_WORD);
	const tokens = [...letters, ...ends, ...joined, "<|startoftext|>", "<|endoftext|>"];
	return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}
