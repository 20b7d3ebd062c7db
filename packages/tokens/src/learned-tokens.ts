import { CheckpointError, type LearnedToken } from "@drum/tensor";
import type { PromptRows } from "./prompt-rows.ts";

/** An encoder's own table of embeddings. */
interface Table {
	/** How many rows it has: the first id behind them. */
	readonly first: number;
	/** Of a row. */
	readonly width: number;
}

/** What an encoder's learned tokens are in its prompts: ids behind the rows of its own table, one for each vector. */
export class LearnedTokens {
	readonly tokens: readonly LearnedToken[];
	/** The tokenizer with them. */
	readonly rows: PromptRows;
	/** One more than the largest id. */
	readonly end: number;
	readonly #base: PromptRows;
	readonly #table: Table;
	/** The token of each id, from `first` on. */
	readonly #owners: readonly LearnedToken[];

	/**
	 * @param rows the tokenizer without them
	 * @throws ArgumentError for a token that there is already or that is no text; CheckpointError for rows of another width
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

	/** Others in their place. @throws as the constructor */
	instead(tokens: readonly LearnedToken[]): LearnedTokens {
		return new LearnedTokens(this.#base, tokens, this.#table);
	}

	/** An encoder's fingerprint with them: with all of them, or with those that prompts have. */
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

/** Rows of a learned token, each a vector. */
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
