import { CheckpointError, shown } from "@drum/tensor";
import { checkForm, wellFormed } from "@drum/tokens";
import * as z from "zod/mini";
import type { Pieces } from "./unigram.ts";

/** A unigram model, and the normalisation of text before it. */
export interface UnigramModel {
	readonly pieces: Pieces;
	/** The bytes of a charsmap. Undefined for no normalisation. */
	readonly charsmap: Uint8Array | undefined;
}

/** The id of T5's unknown piece: its first pieces are `<pad>`, `</s>` and `<unk>`. */
export const UNKNOWN = 2;

// A file's own patterns never run: they must be those of T5's published tokenizer.
const precompiled = z.object({ type: z.literal("Precompiled"), precompiled_charsmap: z.string() });
const spaces = z.object({
	type: z.literal("Replace"),
	pattern: z.strictObject({ Regex: z.literal(" {2,}") }),
	content: z.enum(["▁", " "]),
});
const strip = z.object({
	type: z.literal("Strip"),
	strip_left: z.literal(false),
	strip_right: z.literal(true),
});
const normalizer = z.union([
	precompiled,
	z.object({
		type: z.literal("Sequence"),
		normalizers: z.union([
			z.tuple([precompiled]),
			z.tuple([precompiled, spaces]),
			z.tuple([precompiled, strip, spaces]),
			z.tuple([strip, spaces]),
		]),
	}),
]);
const metaspace = z.looseObject({
	type: z.literal("Metaspace"),
	replacement: z.literal("▁"),
	prepend_scheme: z.optional(z.literal("always")),
	add_prefix_space: z.optional(z.literal(true)),
	split: z.optional(z.literal(true)),
});
const preTokenizer = z.union([
	metaspace,
	z.object({
		type: z.literal("Sequence"),
		pretokenizers: z.tuple([z.object({ type: z.literal("WhitespaceSplit") }), metaspace]),
	}),
]);
const sequence = z.object({ Sequence: z.object({ id: z.literal("A") }) });
const end = z.object({ SpecialToken: z.object({ id: z.string() }) });
const postProcessor = z.looseObject({ type: z.literal("TemplateProcessing"), single: z.tuple([sequence, end]) });
const score = z.number();
const model = z.looseObject({
	type: z.literal("Unigram"),
	unk_id: z.nullish(z.literal(UNKNOWN)),
	byte_fallback: z.optional(z.literal(false)),
	vocab: z.array(z.tuple([wellFormed, score])).check(z.minLength(UNKNOWN + 1)),
});
const schema = z.looseObject({
	normalizer: z.nullish(normalizer),
	pre_tokenizer: z.nullish(preTokenizer),
	post_processor: z.nullish(postProcessor),
	decoder: z.nullish(metaspace),
	model,
});

/**
 * Reads `tokenizer.json` of a T5 tokenizer.
 * @throws CheckpointError if it is malformed, or has another form than T5's
 */
export function parseTokenizerJson(json: unknown, what: string): UnigramModel {
	const { normalizer, model } = checkForm(schema, json, what, "T5", "spiece.model");
	const steps = !normalizer ? [] : "normalizers" in normalizer ? normalizer.normalizers : [normalizer];
	const [first] = steps;
	if (first?.type !== "Precompiled") return { pieces: model.vocab, charsmap: undefined };
	return { pieces: model.vocab, charsmap: bytesOf(first.precompiled_charsmap, `precompiled_charsmap of ${what}`) };
}

function bytesOf(base64: string, what: string): Uint8Array {
	try {
		return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
	} catch (cause) {
		throw new CheckpointError({ what, expected: "base64", found: shown(base64), cause });
	}
}
