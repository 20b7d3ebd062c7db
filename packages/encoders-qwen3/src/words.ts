import { LETTER, NUMBER, OTHER } from "@drum/tokens";

const SPACE = "\\p{White_Space}";
/** One character that is not a letter, a number or an end of a line. */
const LEADING = `[${OTHER}[${SPACE}--[\\r\\n]]]`;
/** The long s has no capital letter of its own, and matches like s. */
const SUFFIXES = "'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";

/** Splits text as the pattern of Qwen's `tokenizer.json`. Each character is in one word. */
const WORDS = new RegExp(
	[
		SUFFIXES,
		`${LEADING}?${LETTER}+`,
		NUMBER,
		` ?${OTHER}+[\\r\\n]*`,
		`${SPACE}*[\\r\\n]+`,
		`${SPACE}+(?!\\P{White_Space})`,
		`${SPACE}+`,
	].join("|"),
	"gv",
);

/** A normalised text's words, each with the sign or the space before it. */
export function* wordsOf(text: string): Generator<string> {
	for (const [word] of text.matchAll(WORDS)) yield word;
}
