/** An added token of several vectors: those behind the first have its name with a number, as `<cat>_1`. */
const FIRST = "_1";

/**
 * Finds added tokens of several vectors, which textual inversion makes, and how prompts that name one are to be written. As
 * diffusers' pipelines do it: https://github.com/huggingface/diffusers/blob/v0.38.0/src/diffusers/loaders/textual_inversion.py
 * @returns undefined where no token has more than one vector.
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
