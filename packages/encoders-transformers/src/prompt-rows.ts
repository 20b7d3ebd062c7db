import { ArgumentError, type PromptIds, shown, type Tensor } from "@drum/tensor";
import type { PreTrainedTokenizer } from "@huggingface/transformers";

/**
 * Rows of ids as transformers in Python has them: transformers.js cuts a long prompt after its end was added, and so cuts off the
 * end.
 */
export class PromptRows implements PromptIds {
	readonly pad: number;
	readonly around: number;
	readonly #tokenizer: PreTrainedTokenizer;
	/** The ids before and after a prompt's own. */
	readonly #start: readonly number[];
	readonly #end: readonly number[];

	constructor(tokenizer: PreTrainedTokenizer) {
		this.#tokenizer = tokenizer;
		const whole = tokenizer.encode("a");
		const own = this.#ownIds("a");
		const first = own.length > 0 ? Math.max(0, whole.indexOf(own[0]!)) : 0;
		this.#start = whole.slice(0, first);
		this.#end = whole.slice(first + own.length);
		this.around = this.#start.length + this.#end.length;
		this.pad = tokenizer.pad_token_id ?? 0;
	}

	/** int64 `[prompts, tokens]`. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		return this.rows(this.of(prompts), tokens).ids;
	}

	/** For each prompt the text of the ids that `encode` cuts away, as the tokenizer writes it back. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		return this.of(prompts).map((ids) => {
			const cut = ids.slice(Math.max(0, tokens - this.around));
			return cut.length === 0 ? "" : this.#tokenizer.decode(cut).trim();
		});
	}

	of(texts: readonly string[]): number[][] {
		return texts.map((text) => {
			if (typeof text === "string") return this.#ownIds(text.toWellFormed());
			throw new ArgumentError({ what: "prompt", expected: "a string", found: shown(text) });
		});
	}

	rows(lines: readonly (readonly number[])[], tokens: number): { ids: Tensor<"int64">; starts: number[] } {
		const data = new BigInt64Array(lines.length * tokens).fill(BigInt(this.pad));
		const starts = lines.map((line, i) => {
			const own = line.slice(0, Math.max(0, tokens - this.around));
			const row = [...this.#start, ...own, ...this.#end].slice(-tokens);
			const at = this.#tokenizer.padding_side === "left" ? tokens - row.length : 0;
			data.set(row.map(BigInt), i * tokens + at);
			return at + this.#start.length;
		});
		return { ids: { type: "int64", dims: [lines.length, tokens], data }, starts };
	}

	#ownIds(text: string): number[] {
		return this.#tokenizer.encode(text, { add_special_tokens: false });
	}
}
