/** The names and shapes of a file's tensors. An opened `Checkpoint` is one. */
export interface Header {
	names(): Iterable<string>;
	get(tensor: string): { readonly dims: readonly number[] } | undefined;
}

/** Makes a header from a file's tensors by name, or from only their names. */
export function headerOf(
	tensors: ReadonlyMap<string, { readonly dims: readonly number[] }> | readonly string[],
): Header {
	const known = "get" in tensors ? tensors : new Map(tensors.map((name) => [name, { dims: [] }]));
	return { names: () => known.keys(), get: (name) => known.get(name) };
}

/** The part of a header below a prefix. */
export class Below {
	readonly prefix: string;
	readonly #header: Header;

	constructor(header: Header, prefix: string) {
		this.#header = header;
		this.prefix = prefix;
	}

	has(...tensors: string[]): boolean {
		return tensors.every((tensor) => this.dims(tensor) !== undefined);
	}

	dims(tensor: string): readonly number[] | undefined {
		return this.#header.get(this.prefix + tensor)?.dims;
	}

	/** The shape of the first tensor whose name after the prefix matches. */
	find(pattern: RegExp): readonly number[] | undefined {
		for (const name of this.#header.names()) {
			if (name.startsWith(this.prefix) && pattern.test(name.slice(this.prefix.length)))
				return this.#header.get(name)?.dims;
		}
		return undefined;
	}
}
