/** As Tailored Visions has them. */
const [K1, B] = [2, 0.5];

/**
 * BM25 of documents to queries, with Lucene's inverse document frequency: Okapi's own, as Tailored Visions has it, is negative for words
 * that half of the documents have, and in a history of a few prompts those are all, so that shared words would count against a prompt.
 * @param documents words of each
 * @returns the scores of a query's words, one for each document
 */
export function bm25(documents: readonly (readonly string[])[]): (query: readonly string[]) => number[] {
	const counts = documents.map(countsOf);
	const meanLength = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
	const idf = inverseFrequencies(counts);
	return (query) =>
		documents.map(({ length }, i) => {
			const saturation = K1 * (1 - B + (B * length) / meanLength);
			return query.reduce((score, word) => {
				const count = counts[i]!.get(word);
				return count === undefined ? score : score + (idf.get(word)! * count) / (count + saturation);
			}, 0);
		});
}

/** Words in lower case: runs of letters, marks and digits. */
export function wordsOf(text: string): string[] {
	return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function countsOf(words: readonly string[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
	return counts;
}

function inverseFrequencies(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
	const documents = countsOf(counts.flatMap((each) => [...each.keys()]));
	return new Map([...documents].map(([word, n]) => [word, Math.log(1 + (counts.length - n + 0.5) / (n + 0.5))]));
}
