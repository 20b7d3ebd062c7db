import { LETTER, NUMBER, OTHER } from "@drum/tokens";

const SPACE = "\\p{White_Space}";
/** One character of no letter, number or end of a line. */
const LEADING = `[${OTHER}[${SPACE}--[\\r\\n]]]`;
/** The long s, which has no capital of its own, is one of these letters in either case. */
const SUFFIXES = "'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";

/** As the pattern of Qwen's `tokenizer.json` splits text, of which no character is left out. */
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
