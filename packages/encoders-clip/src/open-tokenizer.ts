import { CheckpointError } from "@drum/tensor";
import type { CLIPTextConfig } from "./config.ts";
import { CLIPTokenizer, type TokenizerFiles } from "./tokenizer.ts";

/**
 * Opens a tokenizer and checks that its ids and length fit the text encoder.
 * @throws CheckpointError with both numbers if they do not; what the tokenizer throws
 */
export function openTokenizer(files: TokenizerFiles, config: CLIPTextConfig): CLIPTokenizer {
	const tokenizer = new CLIPTokenizer(files);
	const { length = config.max_position_embeddings, size } = tokenizer;
	if (!Number.isInteger(length) || length < 2 || length > config.max_position_embeddings) {
		throw new CheckpointError({
			what: `model_max_length of ${files.name}`,
			expected: `from 2 to the text encoder's max_position_embeddings, ${config.max_position_embeddings}`,
			found: String(length),
			next: "Change it in tokenizer_config.json",
		});
	}
	if (size <= config.vocab_size) return tokenizer;
	throw new CheckpointError({
		what: `tokenizer ${files.name}`,
		expected: `ids below the text encoder's vocab_size, ${config.vocab_size}`,
		found: `ids up to ${size - 1}`,
		next: "Check that tokenizer and text encoder belong together",
	});
}
