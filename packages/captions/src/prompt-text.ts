/** Characters of a prompt that is taken from a picture; more are cut. */
export const LONGEST_PROMPT = 2000;

/** A stranger's text, or a model's, as a prompt: on one line, without control characters and halves of letters, and not too long. */
export function promptText(text: string): { prompt: string; cut: boolean } {
	// More than this is not even looked at: white space may be all of it.
	const plain = text
		.slice(0, 20 * LONGEST_PROMPT)
		.toWellFormed()
		.replace(/[\s\p{Cc}]+/gu, " ")
		.trim();
	if (plain.length <= LONGEST_PROMPT) return { prompt: plain, cut: text.length > 20 * LONGEST_PROMPT };
	const part = plain.slice(0, LONGEST_PROMPT);
	return { prompt: (part.isWellFormed() ? part : part.slice(0, -1)).trimEnd(), cut: true };
}
