import { CheckpointError } from "@drum/tensor";
import type { T5Config } from "./config.ts";
import { T5Tokenizer, type T5TokenizerFiles } from "./tokenizer.ts";

/** Opens a tokenizer and checks that the model has rows for its ids. */
export function openTokenizer(files: T5TokenizerFiles, { vocab_size }: T5Config): T5Tokenizer {
	const tokenizer = new T5Tokenizer(files);
	if (tokenizer.size <= vocab_size) return tokenizer;
	throw new CheckpointError({
		what: `tokenizer ${files.name}`,
		expected: `ids below the text encoder's vocab_size, ${vocab_size}`,
		found: `ids up to ${tokenizer.size - 1}`,
		next: "Check that tokenizer and text encoder belong together",
	});
}
