import { CheckpointError, type Tensor } from "@drum/tensor";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { Charsmap } from "./charsmap.ts";
import { parseSentencePiece } from "./spiece.ts";

/** Contents of a tokenizer's folder: `tokenizer.json`, or else `spiece.model`. */
export interface T5TokenizerFiles {
	/** Names the folder in errors. */
	name: string;
	tokenizer?: unknown;
	/** The bytes of `spiece.model`. */
	spiece?: Uint8Array | undefined;
	/** `tokenizer_config.json`: how many extra ids there are beside a `spiece.model`. */
	config?: unknown;
}

const normalizerSchema = z.looseObject({ type: z.string(), precompiled_charsmap: z.string().optional() });
const schema = z.looseObject({
	normalizer: z
		.union([z.looseObject({ type: z.literal("Sequence"), normalizers: z.array(normalizerSchema) }), normalizerSchema])
		.nullish(),
	added_tokens: z.array(z.looseObject({ content: z.string() })).default([]),
	pre_tokenizer: z.looseObject({ type: z.string() }).nullish(),
	model: z.looseObject({ type: z.literal("Unigram"), vocab: z.array(z.tuple([z.string(), z.number()])) }),
});
type TokenizerJSON = z.infer<typeof schema>;
const configSchema = z.looseObject({ extra_ids: z.int().min(0).max(10_000).default(100) });

/** T5's tokenizer: a unigram model over text as the charsmap has it, closed by `</s>` and filled up with `<pad>`. */
export class T5Tokenizer {
	readonly #tokenizer: Tokenizer;
	readonly #end: number;
	readonly #pad: number;

	/** @throws CheckpointError when the files are missing, malformed or do not hold the special tokens. */
	constructor(files: T5TokenizerFiles) {
		const json = check(schema, files.tokenizer ?? fromSentencePiece(files), `${files.name}/tokenizer.json`);
		try {
			const special = new Set(json.added_tokens.map(({ content }) => content));
			const { charsmap, rest } = takeCharsmap(json);
			this.#tokenizer = new Tokenizer({ ...json, normalizer: rest, pre_tokenizer: splitWords(json) }, {});
			if (charsmap) {
				// The library reads every charsmap as Unicode's NFKC, which differs from what T5 was trained with.
				const others = this.#tokenizer.normalizer as unknown as (text: string) => string;
				const normalizer = (text: string) => {
					const normalized = others(charsmap.normalize(text));
					// Text that only now reads like a special token is none, and the space that words begin with says so.
					return special.has(normalized) ? ` ${normalized}` : normalized;
				};
				this.#tokenizer.normalizer = normalizer as unknown as Tokenizer["normalizer"];
			}
		} catch (cause) {
			throw new CheckpointError({ what: `tokenizer ${files.name}`, found: (cause as Error).message, cause });
		}
		const id = (token: string) => {
			const found = this.#tokenizer.token_to_id(token);
			if (found !== undefined) return found;
			throw new CheckpointError({ what: `tokenizer ${files.name}`, expected: `the token ${token}`, found: "none" });
		};
		this.#end = id("</s>");
		this.#pad = id("<pad>");
	}

	/** int64 `[prompts, tokens]`: at most `tokens − 1` ids, end, padding. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		const data = new BigInt64Array(prompts.length * tokens).fill(BigInt(this.#pad));
		for (const [row, prompt] of prompts.entries()) {
			// Half a surrogate pair is no character: it becomes U+FFFD, as a decoder would have made of its bytes.
			const { ids } = this.#tokenizer.encode(prompt.toWellFormed(), { add_special_tokens: false });
			data.set(BigInt64Array.from([...ids.slice(0, tokens - 1), this.#end], BigInt), row * tokens);
		}
		return { type: "int64", dims: [prompts.length, tokens], data };
	}
}

/** Takes the charsmap, which comes first, off the normalisation. */
function takeCharsmap({ normalizer }: TokenizerJSON) {
	const steps = !normalizer ? [] : "normalizers" in normalizer ? (normalizer.normalizers as unknown[]) : [normalizer];
	const [first, ...others] = steps as z.infer<typeof normalizerSchema>[];
	if (!first?.precompiled_charsmap) return { charsmap: undefined, rest: normalizer ?? null };
	const bytes = Uint8Array.from(atob(first.precompiled_charsmap), (letter) => letter.charCodeAt(0));
	return { charsmap: new Charsmap(bytes), rest: { type: "Sequence", normalizers: others } };
}

/**
 * The library leaves words together that the original takes apart before the model. A word without end is cut far behind the
 * last id that counts, before it would overflow the library's stack.
 */
function splitWords({ pre_tokenizer }: TokenizerJSON): object | null {
	if (!pre_tokenizer) return null;
	const words = {
		type: "Split",
		pattern: { Regex: "▁[^▁]{0,65536}|[^▁]{1,65536}" },
		behavior: "Removed",
		invert: true,
	};
	return { type: "Sequence", pretokenizers: [pre_tokenizer, words] };
}

/**
 * The `tokenizer.json` of a folder that has none, as transformers' converter makes it:
 * https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/convert_slow_tokenizer.py
 */
function fromSentencePiece({ name, spiece, config }: T5TokenizerFiles): TokenizerJSON {
	if (!spiece) {
		throw new CheckpointError({
			what: `tokenizer ${name}`,
			expected: "tokenizer.json or spiece.model",
			found: "neither",
		});
	}
	const { extra_ids } = check(configSchema, config ?? {}, `${name}/tokenizer_config.json`);
	const { vocab, unknownId, charsmap } = parseSentencePiece(spiece, `${name}/spiece.model`);
	const extra = Array.from({ length: extra_ids }, (_, i) => `<extra_id_${extra_ids - 1 - i}>`);
	const special = (content: string, id: number, strip = false) => ({
		id,
		content,
		single_word: false,
		lstrip: strip,
		rstrip: strip,
		normalized: false,
		special: true,
	});
	const known = ["<pad>", "</s>", "<unk>"].flatMap((token) => {
		const id = vocab.findIndex(([piece]) => piece === token);
		return id === -1 ? [] : [special(token, id)];
	});
	const precompiled = charsmap.length > 0 ? [{ type: "Precompiled", precompiled_charsmap: base64(charsmap) }] : [];
	return {
		added_tokens: [...known, ...extra.map((token, i) => special(token, vocab.length + i, true))],
		normalizer: {
			type: "Sequence",
			normalizers: [
				...precompiled,
				{ type: "Strip", strip_left: false, strip_right: true },
				{ type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" },
			],
		},
		pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
		post_processor: null,
		decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
		model: {
			type: "Unigram",
			unk_id: unknownId,
			vocab: [...vocab, ...extra.map((token): [string, number] => [token, 0])],
		},
	};
}

function base64(bytes: Uint8Array): string {
	let letters = "";
	for (const byte of bytes) letters += String.fromCharCode(byte);
	return btoa(letters);
}

function check<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
	const parsed = shape.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new CheckpointError({
		what: `${issue?.path.join(".") || "the whole"} of ${what}`,
		expected: issue?.message ?? "",
	});
}
