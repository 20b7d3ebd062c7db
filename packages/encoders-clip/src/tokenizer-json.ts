import { type BytePairModel, bytePairModel, checkForm } from "@drum/tokens";
import * as z from "zod/mini";

/** Marks the last character of a word. */
export const END_OF_WORD = "</w>";

// A file's own patterns never run: they must be those of CLIP's published tokenizer.
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const byteLevel = z.looseObject({
	type: z.literal("ByteLevel"),
	add_prefix_space: z.optional(z.boolean()),
	use_regex: z.optional(z.literal(true)),
});
const normalizer = z.object({
	type: z.literal("Sequence"),
	normalizers: z.tuple([
		z.object({ type: z.literal("NFC") }),
		z.object({
			type: z.literal("Replace"),
			pattern: z.strictObject({ Regex: z.literal("\\s+") }),
			content: z.literal(" "),
		}),
		z.object({ type: z.literal("Lowercase") }),
	]),
});
const preTokenizer = z.object({
	type: z.literal("Sequence"),
	pretokenizers: z.tuple([
		z.object({
			type: z.literal("Split"),
			pattern: z.strictObject({ Regex: z.enum([WORDS, `<\\|startoftext\\|>|<\\|endoftext\\|>|${WORDS}`]) }),
			behavior: z.literal("Removed"),
			invert: z.literal(true),
		}),
		z.extend(byteLevel, { add_prefix_space: z.optional(z.literal(false)) }),
	]),
});
const ends = z.tuple([z.string(), z.int().check(z.minimum(0))]);
const postProcessor = z.looseObject({ type: z.literal("RobertaProcessing"), sep: ends, cls: ends });

const model = z.looseObject({
	type: z.optional(z.literal("BPE")),
	dropout: z.nullish(z.literal(0)),
	continuing_subword_prefix: z.nullish(z.literal("")),
	end_of_word_suffix: z.literal(END_OF_WORD),
	vocab: z.record(z.string(), z.unknown()),
	merges: z.array(z.unknown()),
});
const schema = z.looseObject({
	normalizer: z.nullish(normalizer),
	pre_tokenizer: z.nullish(preTokenizer),
	post_processor: z.nullish(postProcessor),
	decoder: z.nullish(byteLevel),
	model,
});

/**
 * Reads `tokenizer.json` of a CLIP tokenizer.
 * @throws CheckpointError if it is malformed, or has another form than CLIP's
 */
export function parseTokenizerJson(json: unknown, what: string): BytePairModel {
	const { vocab, merges } = checkForm(schema, json, what, "CLIP", "vocab.json and merges.txt").model;
	return bytePairModel(vocab, merges, what);
}
