import { namesOf } from "./check-names.ts";
import type { Tensor } from "./tensor.ts";
import type { TensorSource } from "./tensor-place.ts";
import type { Warning } from "./warning.ts";

/** A hidden state counted from the end: −1 is the last layer's, −2 the one before. */
export type Skip = number;

export interface EncodeOptions {
	signal?: AbortSignal | undefined;
	/** Called after each part of the prompts. */
	onProgress?: ((done: number, total: number) => void) | undefined;
	/** Hidden states instead of those that the encoder was made for. Only for an encoder with `layers`. */
	skips?: readonly Skip[] | undefined;
	/** Rows of a prompt instead of the encoder's `tokens`. Only for an encoder with `mostTokens`. */
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
	/** The number of each prompt's own rows. They are the first ones, and the others are 0. For an encoder that `hasLengths`. */
	readonly lengths?: readonly number[] | undefined;
}

/** A token that textual inversion has learned. In a prompt it becomes rows that are added to an encoder's table of embeddings. */
export interface LearnedToken {
	readonly token: string;
	/** The file with its rows: `[vectors, width]`, or `[width]` for one. */
	readonly source: TensorSource;
	readonly tensor: string;
	/** Hexadecimal. Equal for the same token with the same rows. */
	readonly fingerprint: string;
}

/** A tokenizer id by id, to put together prompts with weights and prompts of several chunks. */
export interface PromptIds {
	/** The number of ids around a prompt's own: 2 for CLIP's start and end, 1 for T5's end. */
	readonly around: number;
	/** The ids of texts, without those around and without padding. Nothing is cut away. */
	of(texts: readonly string[]): readonly (readonly number[])[];
	/**
	 * Rows for `encode`: int64 `[lines, tokens]`, each with a line of ids, the ids around it, and padding. `starts` has the index in its row at
	 * which each line begins.
	 */
	rows(
		lines: readonly (readonly number[])[],
		tokens: number,
	): { readonly ids: Tensor<"int64">; readonly starts: readonly number[] };
}

/**
 * A text encoder whose output an adapter can change. The encoders of `@drum/encoders-clip` implement it, and so can an ONNX export
 * or a remote service: the other packages only use this interface.
 */
export interface TextEncoder {
	/** The encoder's name in messages. */
	readonly name: string;
	/** Width of a hidden state. */
	readonly width: number;
	/** Attention heads, which the adapter shares. */
	readonly heads: number;
	/** Rows of a prompt: 77 for CLIP. */
	readonly tokens: number;
	/** Number of layers: `skips` may be from −1 to −`layers` − 1. Absent if `encode` does not take `skips`. */
	readonly layers?: number | undefined;
	/** The most rows of a prompt: `tokens` of `encode` may be from 1 to this. Absent if `encode` does not take `tokens`. */
	readonly mostTokens?: number | undefined;
	/** Whether a prompt has a class row (CLIP) or not (T5). */
	readonly hasClassRow: boolean;
	/** Whether the number of a prompt's own rows depends on its length (Qwen3 for Z-Image). Absent if all rows are its own (CLIP, T5). */
	readonly hasLengths?: boolean | undefined;
	/** Equal only for equal weights and settings. A profile made with one encoder is refused by another. */
	readonly fingerprint: string;
	/** Warnings from opening it, for example about weights that it does not use. */
	readonly warnings?: readonly Warning[] | undefined;

	/**
	 * Token ids, padded and cut to `tokens`: int64 `[prompts, tokens]`. Takes any string: text without tokens of its own becomes the nearest tokens
	 * in the vocabulary.
	 */
	tokenize(prompts: readonly string[]): Tensor<"int64">;

	/**
	 * For each prompt, the text that `tokenize` cuts away, at this number of `tokens` if given. `""` if everything fits. Absent if the encoder does not
	 * know.
	 */
	overflow?(prompts: readonly string[], options?: { tokens?: number | undefined }): readonly string[];

	/** Its tokenizer id by id, for prompts with weights and for long prompts. Absent if the encoder cannot read them. */
	readonly promptIds?: PromptIds | undefined;

	/** Encodes prompts, or ids `[prompts, tokens]`. An empty list gives tensors with no prompts. */
	encode(prompts: readonly string[] | Tensor<"int64">, options?: EncodeOptions): Promise<TextEncoding>;

	/** Its learned tokens, in the order of their ids. */
	readonly learnedTokens?: readonly LearnedToken[] | undefined;

	/**
	 * Replaces its learned tokens by these, and changes its fingerprint. Encodings that have begun still use the earlier ones. Absent if it cannot
	 * have learned tokens. If it throws, nothing has changed.
	 * @throws ArgumentError for a token that its tokenizer has already, or that is no text; CheckpointError for rows of another width
	 */
	learn?(tokens: readonly LearnedToken[]): Promise<void>;

	/** The fingerprint of a profile of these prompts: the encoder's own, without the learned tokens that none of them has. */
	fingerprintOf?(prompts: readonly string[]): string;

	/** Applies the encoder's final norm to rows `[…, width]`. Returns them unchanged if it has none. */
	normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">>;

	/** Applies the encoder's text projection to normed class rows `[…, width]`. Returns them unchanged if it has none. */
	project(rows: Tensor<"float32">): Promise<Tensor<"float32">>;

	/** Frees the encoder's memory. At its next use it loads again or throws, depending on the implementation. */
	release(): Promise<void>;
}
