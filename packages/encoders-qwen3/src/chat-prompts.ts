import { CheckpointError, type Tensor } from "@drum/tensor";
import type { Qwen3Config } from "./config.ts";
import type { Qwen3Use } from "./qwen3-use.ts";
import { Qwen2Tokenizer, type Qwen2TokenizerFiles } from "./tokenizer.ts";

/** Prompts, each as a user's message in the chat template of a use. */
export class ChatPrompts {
	readonly #tokenizer: Qwen2Tokenizer;
	readonly #use: Qwen3Use;

	/** @throws CheckpointError for a tokenizer with ids that the model has no rows for; what the tokenizer throws */
	constructor(files: Qwen2TokenizerFiles, { vocab_size }: Qwen3Config, use: Qwen3Use) {
		const tokenizer = new Qwen2Tokenizer(files);
		if (tokenizer.size > vocab_size) {
			throw new CheckpointError({
				what: `tokenizer ${files.name}`,
				expected: `ids below the text encoder's vocab_size, ${vocab_size}`,
				found: `ids up to ${tokenizer.size - 1}`,
				next: "Check that tokenizer and text encoder belong together",
			});
		}
		this.#tokenizer = tokenizer;
		this.#use = use;
	}

	/** Ids `[prompts, tokens]`, and the length of each prompt with its template. Longer prompts are cut at the end. */
	encode(prompts: readonly string[], tokens: number): { ids: Tensor<"int64">; lengths: readonly number[] } {
		return this.#tokenizer.encode(this.#texts(prompts), tokens);
	}

	/** The number of ids in each row before its padding, at least one. */
	lengthsOf({ data, dims }: Tensor<"int64">): number[] {
		const [count, tokens] = dims as [number, number];
		const pad = BigInt(this.#tokenizer.pad);
		return Array.from({ length: count }, (_, i) => {
			let length = tokens;
			while (length > 1 && data[i * tokens + length - 1] === pad) length--;
			return length;
		});
	}

	/** For each prompt, the text that is cut off, without the template. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		const { after } = this.#use;
		return this.#tokenizer
			.overflow(this.#texts(prompts), tokens)
			.map((text) => (text.endsWith(after) ? text.slice(0, text.length - after.length) : ""));
	}

	#texts(prompts: readonly string[]): string[] {
		const { before, after } = this.#use;
		return prompts.map((prompt) => `${before}${prompt}${after}`);
	}
}
