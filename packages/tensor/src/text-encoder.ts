import { namesOf } from "./check-names.ts";
import type { Tensor } from "./tensor.ts";
import type { TensorSource } from "./tensor-place.ts";
import type { Warning } from "./warning.ts";

/** A hidden state counted from the end: −1 is the last layer's, −2 the one before. */
export type Skip = number;

export interface EncodeOptions {
	signal?: AbortSignal | undefined;
	/** Called as prompts are done. */
	onProgress?: ((done: number, total: number) => void) | undefined;
	/** Hidden states in place of those that the encoder was made for, for one that says its `layers`. */
	skips?: readonly Skip[] | undefined;
	/** Rows of a prompt in place of the encoder's `tokens`, for one that says its `mostTokens`. */
	tokens?: number | undefined;
}

/** The names of `EncodeOptions`, for encoders to check. */
export const ENCODE_OPTIONS = namesOf<EncodeOptions>({ signal: true, onProgress: true, skips: true, tokens: true });

/** What a text encoder makes of a list of prompts. */
export interface TextEncoding {
	/** Raw hidden states (before any final norm) for each skip the encoder was made for: `[prompts, tokens, width]`. */
	readonly hidden: Readonly<Record<Skip, Tensor<"float32">>>;
	/** Index of the class row in each prompt's tokens (CLIP's end of text); undefined for an encoder without one (T5). */
	readonly classRows: readonly number[] | undefined;
	/** Normed and, where the checkpoint has a projection, projected class rows: what CLIP similarity compares. `[prompts, features]`. */
	readonly features: Tensor<"float32"> | undefined;
	/** How many of each prompt's rows are its own, from the first on, the others being 0; for an encoder that `hasLengths`. */
	readonly lengths?: readonly number[] | undefined;
}

/** A token that textual inversion has learned: in prompts it stands for rows behind an encoder's table of embeddings. */
export interface LearnedToken {
	readonly token: string;
	/** Where its rows lie: `[vectors, width]`, or `[width]` for one. */
	readonly source: TensorSource;
	readonly tensor: string;
	/** Hexadecimal, equal for the same token with the same rows. */
	readonly fingerprint: string;
}

/** What prompts are put together from id by id, as those with weights and those of several chunks are. */
export interface PromptIds {
	/** How many ids stand around a prompt's own in its rows: 2 for CLIP's start and end, 1 for T5's end. */
	readonly around: number;
	/** The ids of texts without these and without padding, none of them cut away. */
	of(texts: readonly string[]): readonly (readonly number[])[];
	/**
	 * Rows for `encode`, each of a line of ids with those around it and padding: int64 `[lines, tokens]`. `starts` has where in its row each
	 * line begins.
	 */
	rows(
		lines: readonly (readonly number[])[],
		tokens: number,
	): { readonly ids: Tensor<"int64">; readonly starts: readonly number[] };
}

/**
 * A text encoder behind which an adapter can stand. The encoders of `@drum/encoders-clip` implement it; so can an ONNX export
 * or a remote service: nothing else in these packages looks behind it.
 */
export interface TextEncoder {
	/** Names the encoder in messages. */
	readonly name: string;
	/** Width of a hidden state. */
	readonly width: number;
	/** Attention heads, which the adapter shares. */
	readonly heads: number;
	/** Rows of a prompt: 77 for CLIP. */
	readonly tokens: number;
	/** Layers, so that hidden states from −1 to −`layers` − 1 can be asked for by `skips`; absent where they cannot. */
	readonly layers?: number | undefined;
	/** The most rows that can be asked for by `tokens`, from 1; absent where they cannot. */
	readonly mostTokens?: number | undefined;
	/** Whether a prompt has a class row (CLIP) or not (T5). */
	readonly hasClassRow: boolean;
	/** Whether a prompt has as many rows as it is long, up to `tokens` (Qwen3 for Z-Image); absent where it has all of them (CLIP, T5). */
	readonly hasLengths?: boolean | undefined;
	/** Equal for equal weights and settings only: a profile made with one encoder is refused by another. */
	readonly fingerprint: string;
	/** What was found when it was opened, such as weights that it does not use. */
	readonly warnings?: readonly Warning[] | undefined;

	/**
	 * Token ids, padded and cut to `tokens`: int64 `[prompts, tokens]`.
	 * Any string is taken: what has no tokens of its own becomes the nearest that the vocabulary has.
	 */
	tokenize(prompts: readonly string[]): Tensor<"int64">;

	/**
	 * For each prompt the text whose tokens `tokenize` cut away, or would with so many `tokens`, `""` where all of them fit. An encoder that cannot tell leaves
	 * the method out.
	 */
	overflow?(prompts: readonly string[], options?: { tokens?: number | undefined }): readonly string[];

	/** Its tokenizer id by id, for prompts with weights and longer ones; absent where such prompts cannot be read. */
	readonly promptIds?: PromptIds | undefined;

	/** Encodes prompts, or ids `[prompts, tokens]`; an empty list gives tensors of no prompts. */
	encode(prompts: readonly string[] | Tensor<"int64">, options?: EncodeOptions): Promise<TextEncoding>;

	/** The learned tokens that it has, in the order of their ids. */
	readonly learnedTokens?: readonly LearnedToken[] | undefined;

	/**
	 * Takes these learned tokens in place of those that it has, and changes its fingerprint. Encodings under way end as they began.
	 * Absent where it can have none.
	 * @throws ArgumentError for a token that its tokenizer has already, or that is no text; CheckpointError for rows of another width:
	 * then it stays as it was.
	 */
	learn?(tokens: readonly LearnedToken[]): Promise<void>;

	/** The fingerprint that it would have without learned tokens that none of these prompts has: a profile of them belongs to it. */
	fingerprintOf?(prompts: readonly string[]): string;

	/** The encoder's final norm over rows `[…, width]`; rows as they are for an encoder without one. */
	normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">>;

	/** The encoder's text projection of normed class rows `[…, width]`; rows as they are for an encoder without one. */
	project(rows: Tensor<"float32">): Promise<Tensor<"float32">>;

	/** Frees what the encoder holds. It loads again when it is next used, or throws, as its maker says. */
	release(): Promise<void>;
}
