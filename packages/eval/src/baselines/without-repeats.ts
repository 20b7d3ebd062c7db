const ORDERS = [1, 2, 3, 4] as const;
const MOST_ALIKE = 0.5;

/**
 * Drops prompts that say what earlier ones said already: as in Tailored Visions, those of BLEU 0.5 or more over all that were kept,
 * and exact repeats. Users who try a prompt again with small changes would otherwise have three retrievals of one.
 * @param prompts oldest first
 */
export function withoutRepeats(prompts: readonly string[]): string[] {
	const kept = new Set<string>();
	const bleu = new GrowingBleu();
	for (const prompt of prompts) {
		const words = prompt.split(/\s+/).filter(Boolean);
		if (bleu.of(words) >= MOST_ALIKE) continue;
		kept.add(prompt);
		bleu.add(words);
	}
	return [...kept];
}

/**
 * BLEU (Papineni et al. 2002), up to 4-grams, unsmoothed, over references that come one by one: all it needs of them is how often
 * each n-gram stands in the one that has it most, and their lengths, so a long history costs no more than its words.
 */
class GrowingBleu {
	readonly #most = new Map<string, number>();
	readonly #lengths = new Set<number>();

	add(words: readonly string[]): void {
		this.#lengths.add(words.length);
		for (const order of ORDERS) {
			for (const [gram, count] of countsOf(words, order)) {
				this.#most.set(gram, Math.max(count, this.#most.get(gram) ?? 0));
			}
		}
	}

	of(words: readonly string[]): number {
		if (words.length < ORDERS.length || this.#lengths.size === 0) return 0;
		const precisions = ORDERS.map((order) => {
			const counts = [...countsOf(words, order)];
			const found = counts.reduce((sum, [gram, count]) => sum + Math.min(count, this.#most.get(gram) ?? 0), 0);
			return found / (words.length - order + 1);
		});
		const mean = precisions.reduce((product, precision) => product * precision, 1) ** (1 / ORDERS.length);
		return mean * Math.min(1, Math.exp(1 - this.#nearestLength(words.length) / words.length));
	}

	/** The shorter of two equally near. */
	#nearestLength(length: number): number {
		const far = (other: number) => Math.abs(other - length);
		return [...this.#lengths].reduce((best, other) =>
			far(other) < far(best) || (far(other) === far(best) && other < best) ? other : best,
		);
	}
}

/** n-grams of words, which hold no spaces, so that those of different orders are different texts. */
function countsOf(words: readonly string[], order: number): Map<string, number> {
	const counts = new Map<string, number>();
	for (let i = 0; i + order <= words.length; i++) {
		const gram = words.slice(i, i + order).join(" ");
		counts.set(gram, (counts.get(gram) ?? 0) + 1);
	}
	return counts;
}
