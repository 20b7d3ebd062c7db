import { CheckpointError, type Tensor } from "@drum/tensor";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";

/** Contents of a tokenizer's folder: `tokenizer.json`, or else `vocab.json` and `merges.txt`; and the settings that there are. */
export interface TokenizerFiles {
	/** Names the folder in errors. */
	name: string;
	tokenizer?: unknown;
	vocab?: unknown;
	merges?: string | undefined;
	/** `tokenizer_config.json`. */
	config?: unknown;
	/** `special_tokens_map.json`, which overrides the settings unless they list their tokens themselves, as transformers has it. */
	specialTokens?: unknown;
}

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const configSchema = z.looseObject({
	bos_token: token.default("<|startoftext|>"),
	eos_token: token.default("<|endoftext|>"),
	unk_token: token.default("<|endoftext|>"),
	pad_token: token.default("<|endoftext|>"),
});
const vocabSchema = z.record(z.string(), z.int().min(0));

/** CLIP's tokenizer: byte-level BPE over lower-cased text, 77 ids between start and end of text. */
export class CLIPTokenizer {
	readonly endOfText: number;
	readonly #tokenizer: Tokenizer;
	readonly #start: number;
	readonly #pad: number;

	/** @throws CheckpointError when the files are missing, malformed or do not hold the special tokens. */
	constructor(files: TokenizerFiles) {
		const settings = check(z.looseObject({}), files.config ?? {}, `${files.name}/tokenizer_config.json`);
		const special = check(z.looseObject({}), files.specialTokens ?? {}, `${files.name}/special_tokens_map.json`);
		const merged = "added_tokens_decoder" in settings ? settings : { ...settings, ...special };
		const config = check(configSchema, merged, `${files.name}/tokenizer_config.json`);
		const json = files.tokenizer ?? fromVocabulary(files, config.unk_token);
		try {
			// Without its special tokens, which it would also find in text that has been lower-cased: they are found here.
			this.#tokenizer = new Tokenizer({ ...(json as object), added_tokens: [] }, config);
		} catch (cause) {
			throw new CheckpointError({ what: `tokenizer ${files.name}`, found: (cause as Error).message, cause });
		}
		const id = (content: string) => {
			const found = this.#tokenizer.token_to_id(content);
			if (found === undefined) {
				throw new CheckpointError({ what: `tokenizer ${files.name}`, expected: `the token ${content}`, found: "none" });
			}
			return found;
		};
		this.#start = id(config.bos_token);
		this.endOfText = id(config.eos_token);
		this.#pad = id(config.pad_token);
	}

	/** int64 `[prompts, tokens]`: start, at most `tokens − 2` ids, end, padding. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		const data = new BigInt64Array(prompts.length * tokens).fill(BigInt(this.#pad));
		for (const [row, prompt] of prompts.entries()) {
			const line = [this.#start, ...this.#idsOf(prompt).slice(0, tokens - 2), this.endOfText];
			data.set(BigInt64Array.from(line, BigInt), row * tokens);
		}
		return { type: "int64", dims: [prompts.length, tokens], data };
	}

	#idsOf(prompt: string): number[] {
		// Half a surrogate pair is no character: it becomes U+FFFD, as a decoder would have made of its bytes.
		const parts = prompt.toWellFormed().split(/(<\|startoftext\|>|<\|endoftext\|>)/);
		return parts.flatMap((part, i) =>
			i % 2 === 1
				? this.#tokenizer.token_to_id(part)!
				: this.#tokenizer.encode(lowerCase(part), { add_special_tokens: false }).ids,
		);
	}
}

/** Letter by letter, as the reference does it, not by word: a capital sigma is never a final one. */
function lowerCase(text: string): string {
	return Array.from(text.normalize("NFC"), (letter) => letter.toLowerCase()).join("");
}

/**
 * The `tokenizer.json` of a folder that has none, as transformers' CLIPTokenizer sets it up:
 * https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/tokenization_clip.py
 */
function fromVocabulary({ name, vocab, merges }: TokenizerFiles, unknown: string): object {
	if (vocab === undefined || merges === undefined) {
		throw new CheckpointError({
			what: `tokenizer ${name}`,
			expected: "tokenizer.json, or vocab.json and merges.txt",
			found: vocab === undefined ? "neither" : "no merges.txt",
		});
	}
	const ids = check(vocabSchema, vocab, `${name}/vocab.json`);
	const pairs = merges.split(/\r?\n/).filter((line) => line && !line.startsWith("#version"));
	return {
		normalizer: {
			type: "Sequence",
			normalizers: [
				{ type: "NFC" },
				{ type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
				{ type: "Lowercase" },
			],
		},
		pre_tokenizer: {
			type: "Sequence",
			pretokenizers: [
				{
					type: "Split",
					pattern: {
						Regex:
							"<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
					},
					behavior: "Removed",
					invert: true,
				},
				{ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
			],
		},
		post_processor: null,
		decoder: { type: "ByteLevel" },
		model: {
			type: "BPE",
			vocab: ids,
			merges: pairs,
			unk_token: unknown,
			continuing_subword_prefix: "",
			end_of_word_suffix: "</w>",
			fuse_unk: false,
		},
	};
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new CheckpointError({
		what: `${issue?.path.join(".") || "the whole"} of ${what}`,
		expected: issue?.message ?? "",
	});
}
