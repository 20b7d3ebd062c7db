import { CheckpointError, shown } from "@drum/tensor";
import { check, checkForm } from "@drum/tokens";
import * as z from "zod/mini";

/** A vocabulary and its merges, the best first. */
export interface BytePairModel {
	readonly ids: ReadonlyMap<string, number>;
	readonly merges: readonly (readonly [string, string])[];
}

// What this reads is known, so a file's own patterns never run: it must have those that CLIP's tokenizer has been published with.
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
	end_of_word_suffix: z.literal("</w>"),
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
 * @throws CheckpointError where it is malformed, or of another form than CLIP's.
 */
export function parseTokenizerJson(json: unknown, what: string): BytePairModel {
	const { vocab, merges } = checkForm(schema, json, what, "CLIP", "vocab.json and merges.txt").model;
	return {
		ids: idsOf(vocab, `vocab of ${what}`),
		merges: merges.map((each, i) => pairOf(each, () => `merges.${i} of ${what}`)),
	};
}

/**
 * Reads `vocab.json` and `merges.txt`.
 * @throws CheckpointError where they are malformed.
 */
export function parseVocabulary(vocab: unknown, merges: string, name: string): BytePairModel {
	const lines = merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
	return {
		ids: idsOf(check(z.record(z.string(), z.unknown()), vocab, `${name}/vocab.json`), `${name}/vocab.json`),
		merges: lines.map((line, i) => pairOf(line, () => `merge ${i + 1} of ${name}/merges.txt`)),
	};
}

/** Ids are numbered up to this, so that a pair of them is one number. */
const MOST_IDS = 2 ** 26;

function idsOf(vocab: object, what: string): Map<string, number> {
	const ids = new Map<string, number>(Object.entries(vocab));
	for (const [token, id] of ids) {
		if (Number.isInteger(id) && id >= 0 && id < MOST_IDS) continue;
		const expected = `an id from 0 to ${MOST_IDS - 1}`;
		throw new CheckpointError({ what: `${shown(token)} of ${what}`, expected, found: shown(id) });
	}
	return ids;
}

/** Two texts, or one with a space between them. */
function pairOf(merge: unknown, what: () => string): readonly [string, string] {
	const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
	if (Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string")) {
		return pair as [string, string];
	}
	throw new CheckpointError({ what: what(), expected: "two texts", found: shown(merge) });
}
