/** The vectors of an added token after the first are tokens with its name and a number, such as `<cat>_1`. */
const FIRST = "_1";

/**
 * Finds added tokens with several vectors, which come from textual inversion. Returns a function that replaces each of them in a prompt by the
 * names of all its vectors, as diffusers' pipelines do: https://github.com/huggingface/diffusers/blob/v0.38.0/src/diffusers/loaders/textual_inversion.py
 * @returns undefined if no token has more than one vector
 */
export function severalVectors(
	added: readonly string[],
): ((prompt: string, tokens: Iterable<string>) => string) | undefined {
	const all = new Set(added);
	const written = new Map<string, string>();
	for (const token of added) {
		if (!all.has(token + FIRST)) continue;
		const vectors = [token];
		for (let i = 1; all.has(`${token}_${i}`); i++) vectors.push(`${token}_${i}`);
		written.set(token, vectors.join(" "));
	}
	if (written.size === 0) return undefined;
	return (prompt, tokens) => {
		let text = prompt;
		for (const token of new Set(tokens)) text = text.replaceAll(token, () => written.get(token) ?? token);
		return text;
	};
}
