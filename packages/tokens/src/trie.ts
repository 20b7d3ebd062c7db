/** Finds which of several texts begin at a position of another text. Each text has a number. */
export class Trie {
	/** The next node, by a node times 65,536 plus a UTF-16 unit. */
	readonly #next = new Map<number, number>();
	/** The number of the text that ends at each node; −1 for none. */
	readonly #values: number[] = [-1];

	/** Of two equal texts the later one counts. */
	constructor(entries: Iterable<readonly [text: string, value: number]>) {
		for (const [text, value] of entries) {
			let node = 0;
			for (let i = 0; i < text.length; i++) {
				const key = node * 65536 + text.charCodeAt(i);
				node = this.#next.get(key) ?? this.#values.push(-1) - 1;
				this.#next.set(key, node);
			}
			this.#values[node] = value;
		}
	}

	/** Calls `found` with the end and the number of each text that begins at `from`, the shortest first. */
	each(text: string, from: number, found: (end: number, value: number) => void): void {
		let node: number | undefined = 0;
		for (let i = from; i < text.length; i++) {
			node = this.#next.get(node * 65536 + text.charCodeAt(i));
			if (node === undefined) return;
			const value = this.#values[node]!;
			if (value !== -1) found(i + 1, value);
		}
	}
}
