import { type BytePairModel, bytePairModel, checkForm } from "@drum/tokens";
import * as z from "zod/mini";

// A file's own patterns never run: they must be those of Qwen's published tokenizer.
const WORDS =
	"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const byteLevel = z.looseObject({
	type: z.literal("ByteLevel"),
	add_prefix_space: z.optional(z.boolean()),
	use_regex: z.optional(z.boolean()),
});
const preTokenizer = z.object({
	type: z.literal("Sequence"),
	pretokenizers: z.tuple([
		z.object({
			type: z.literal("Split"),
			pattern: z.strictObject({ Regex: z.literal(WORDS) }),
			behavior: z.literal("Isolated"),
			invert: z.literal(false),
		}),
		z.extend(byteLevel, { add_prefix_space: z.literal(false), use_regex: z.literal(false) }),
	]),
});
const none = z.nullish(z.literal(""));
const model = z.looseObject({
	type: z.optional(z.literal("BPE")),
	dropout: z.nullish(z.literal(0)),
	unk_token: z.optional(z.null()),
	continuing_subword_prefix: none,
	end_of_word_suffix: none,
	byte_fallback: z.optional(z.literal(false)),
	ignore_merges: z.optional(z.literal(false)),
	vocab: z.record(z.string(), z.unknown()),
	merges: z.array(z.unknown()),
});
const schema = z.looseObject({
	normalizer: z.object({ type: z.literal("NFC") }),
	pre_tokenizer: preTokenizer,
	post_processor: z.nullish(byteLevel),
	decoder: z.nullish(byteLevel),
	model,
});

/**
 * Reads `tokenizer.json` of a Qwen2 or Qwen3 tokenizer.
 * @throws CheckpointError if it is malformed, or has another form than theirs
 */
export function parseTokenizerJson(json: unknown, what: string): BytePairModel {
	const { vocab, merges } = checkForm(schema, json, what, "Qwen2", "vocab.json and merges.txt").model;
	return bytePairModel(vocab, merges, what);
}
