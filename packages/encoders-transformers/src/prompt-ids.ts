import { ArgumentError, shown, type Tensor } from "@drum/tensor";
import type { PreTrainedTokenizer } from "@huggingface/transformers";

/**
 * Rows of ids as transformers in Python has them: transformers.js cuts a long prompt after its end was added, and so cuts off the
 * end.
 */
export class PromptIds {
	readonly pad: number;
	readonly #tokenizer: PreTrainedTokenizer;
	/** How many ids a prompt has before and after its own. */
	readonly #start: number;
	readonly #end: number;

	constructor(tokenizer: PreTrainedTokenizer) {
		this.#tokenizer = tokenizer;
		const whole = tokenizer.encode("a");
		const own = tokenizer.encode("a", { add_special_tokens: false });
		this.#start = own.length > 0 ? Math.max(0, whole.indexOf(own[0]!)) : 0;
		this.#end = whole.length - own.length - this.#start;
		this.pad = tokenizer.pad_token_id ?? 0;
	}

	/** int64 `[prompts, tokens]`. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		const data = new BigInt64Array(prompts.length * tokens).fill(BigInt(this.pad));
		for (const [i, prompt] of prompts.entries()) {
			const row = this.#fit(this.#idsOf(prompt), tokens);
			const at = this.#tokenizer.padding_side === "left" ? (i + 1) * tokens - row.length : i * tokens;
			data.set(row.map(BigInt), at);
		}
		return { type: "int64", dims: [prompts.length, tokens], data };
	}

	/** For each prompt the text of the ids that `encode` cuts away, as the tokenizer writes it back. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		return prompts.map((prompt) => {
			const ids = this.#idsOf(prompt);
			if (ids.length <= tokens) return "";
			const cut = ids.slice(Math.max(this.#start, tokens - this.#end), ids.length - this.#end);
			return this.#tokenizer.decode(cut).trim();
		});
	}

	#idsOf(prompt: string): number[] {
		if (typeof prompt !== "string")
			throw new ArgumentError({ what: "prompt", expected: "a string", found: shown(prompt) });
		return this.#tokenizer.encode(prompt.toWellFormed());
	}

	/** All ids, or as many of the first as fit before those that end a prompt. */
	#fit(ids: number[], tokens: number): number[] {
		if (ids.length <= tokens) return ids;
		return [...ids.slice(0, Math.max(0, tokens - this.#end)), ...ids.slice(ids.length - this.#end)].slice(-tokens);
	}
}
