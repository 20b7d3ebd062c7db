/** Texts, each with a number, found at a place of another text. */
export class Trie {
	/** From a node, times 65,536, and a UTF-16 unit to the next node. */
	readonly #next = new Map<number, number>();
	/** Of each node; −1 where no text ends. */
	readonly #values: number[] = [-1];

	/** Of two equal texts the later one holds. */
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

	/** Calls `found` with the end and the number of each text that begins at a place, the shortest first. */
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
