import { CheckpointError, type LearnedToken } from "@drum/tensor";
import type { PromptRows } from "./prompt-rows.ts";

/** An encoder's own table of embeddings. */
interface Table {
	/** The number of its rows, which is the first free id. */
	readonly first: number;
	/** The length of a row. */
	readonly width: number;
}

/** The ids of an encoder's learned tokens. They follow those of its own table, and each vector has one. */
export class LearnedTokens {
	readonly tokens: readonly LearnedToken[];
	/** The tokenizer with the learned tokens. */
	readonly rows: PromptRows;
	/** One more than the largest id. */
	readonly end: number;
	readonly #base: PromptRows;
	readonly #table: Table;
	/** The token of each id, from `first` on. */
	readonly #owners: readonly LearnedToken[];

	/**
	 * @param rows the tokenizer without learned tokens
	 * @throws ArgumentError for a token that exists already, or is empty or not well-formed; CheckpointError for vectors of another width
	 */
	constructor(rows: PromptRows, tokens: readonly LearnedToken[], table: Table) {
		const { first, width } = table;
		this.#base = rows;
		this.#table = table;
		this.tokens = tokens;
		const owners: LearnedToken[] = [];
		const ids = tokens.map((learned): [string, number[]] => {
			const count = vectorsOf(learned, width);
			return [learned.token, Array.from({ length: count }, () => first + owners.push(learned) - 1)];
		});
		this.#owners = owners;
		this.end = first + owners.length;
		this.rows = tokens.length > 0 ? rows.with(ids) : rows;
	}

	/** Returns the same with other learned tokens in place of these. @throws as the constructor */
	instead(tokens: readonly LearnedToken[]): LearnedTokens {
		return new LearnedTokens(this.#base, tokens, this.#table);
	}

	/** Adds learned tokens to an encoder's fingerprint: those in the prompts, or all if no prompts are given. */
	fingerprint(own: string, prompts?: readonly string[]): string {
		const learned = prompts ? this.#usedIn(prompts) : this.tokens;
		return own + [...learned.map(({ fingerprint }) => `+${fingerprint}`)].sort().join("");
	}

	#usedIn(prompts: readonly string[]): LearnedToken[] {
		if (this.tokens.length === 0) return [];
		const used = new Set(prompts.flatMap((prompt) => this.rows.addedIn(prompt)));
		return this.tokens.filter((token) =>
			this.#owners.some((owner, i) => owner === token && used.has(this.#table.first + i)),
		);
	}
}

/** The number of vectors of a learned token. @throws CheckpointError unless its tensor is `[vectors, width]` or `[width]` */
export function vectorsOf({ token, source, tensor }: LearnedToken, width: number): number {
	const place = source.get(tensor);
	const [vectors, own] = place?.dims.length === 1 ? [1, place.dims[0]] : [place?.dims[0], place?.dims[1]];
	if (place && place.dims.length <= 2 && own === width && vectors! > 0) return vectors!;
	throw new CheckpointError({
		what: `textual inversion ${token} of ${source.name}`,
		expected: `rows [vectors, ${width}]`,
		found: place ? `[${place.dims.join(", ")}]` : "none",
	});
}
