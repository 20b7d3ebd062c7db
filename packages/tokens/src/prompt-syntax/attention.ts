import { ArgumentError, shown } from "@drum/tensor";
import { isSpace } from "../unicode.ts";

// As A1111's web UI reads prompts:
// https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/prompt_parser.py

/** A stretch of a prompt that weighs alike. */
export interface Fragment {
	readonly text: string;
	readonly weight: number;
	/** The word BREAK, after which a new chunk begins: it is no text. */
	readonly isBreak: boolean;
}

/** `\(`, brackets, `:1.3)`, text without any of these, and what is left of them by itself. */
const TOKENS = /\\[()[\]\\]|\\|\(|\[|:([+-]?[.\d]+)\)|\)|\]|[^\\()[\]:]+|:/g;
/** Between Python's words, of which JavaScript's are a part. */
const BREAK = /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u;

const ROUND = 1.1;
const SQUARE = 1 / 1.1;
/** Of forty-eight brackets around each other. */
const MOST = 100;
/** Brackets that are open at once: each weighs all that stands in it, and a text of nothing but brackets would take as long as its square. */
const MOST_OPEN = 100;

/**
 * Reads a prompt's weights: `(more)` × 1.1, `(more:1.3)`, `[less]` ÷ 1.1, nested ones multiplied; `\(` is a bracket, and so is one that
 * has no other half. What weighs alike and stands side by side is one fragment.
 * @param what names the prompt in errors
 * @throws ArgumentError for a weight that is no number, or beyond 100, and for more than 100 brackets within each other.
 */
export function parseAttention(prompt: string, what = "prompt"): Fragment[] {
	const found: { text: string; weight: number; isBreak: boolean }[] = [];
	const [round, square]: [number[], number[]] = [[], []];
	const multiply = (from: number, factor: number) => {
		for (const fragment of found.slice(from)) fragment.weight *= factor;
	};
	for (const [token, number] of prompt.matchAll(TOKENS)) {
		if (round.length + square.length > MOST_OPEN) throw tooDeep(what);
		if (token.startsWith("\\")) found.push({ text: token.slice(1), weight: 1, isBreak: false });
		else if (token === "(") round.push(found.length);
		else if (token === "[") square.push(found.length);
		else if (number !== undefined && round.length > 0) multiply(round.pop()!, weightOf(number, what));
		else if (token === ")" && round.length > 0) multiply(round.pop()!, ROUND);
		else if (token === "]" && square.length > 0) multiply(square.pop()!, SQUARE);
		else {
			const texts = token.split(BREAK);
			for (const [i, text] of texts.entries()) {
				if (i > 0) found.push({ text: "", weight: -1, isBreak: true });
				found.push({ text: trimmed(text, i > 0, i < texts.length - 1), weight: 1, isBreak: false });
			}
		}
	}
	for (const from of round) multiply(from, ROUND);
	for (const from of square) multiply(from, SQUARE);
	for (const { weight } of found) checkWeight(weight, String(weight), what);
	return merged(found);
}

function tooDeep(what: string): ArgumentError {
	return new ArgumentError({
		what,
		expected: `at most ${MOST_OPEN} brackets within each other`,
		found: "more",
		next: "For the text itself write \\( and \\[",
	});
}

/** Without spaces, as Python knows them. */
function trimmed(text: string, start: boolean, end: boolean): string {
	const isOuter = (letter: string) => isSpace(letter) || (letter >= "\x1c" && letter <= "\x1f");
	let [from, to] = [0, text.length];
	while (start && from < to && isOuter(text[from]!)) from++;
	while (end && from < to && isOuter(text[to - 1]!)) to--;
	return text.slice(from, to);
}

function weightOf(number: string, what: string): number {
	const weight = Number(number);
	checkWeight(weight, number, what);
	return weight;
}

function checkWeight(weight: number, found: string, what: string): void {
	if (Math.abs(weight) <= MOST) return;
	throw new ArgumentError({
		what: `a weight in ${what}`,
		expected: `a number from −${MOST} to ${MOST}`,
		found: shown(found),
		next: "A weight stands before the closing bracket: (word:1.3). For the text itself write \\( and \\)",
	});
}

function merged(found: readonly Fragment[]): Fragment[] {
	const fragments: Fragment[] = [];
	for (const fragment of found) {
		const last = fragments.at(-1);
		const goesOn = last && !last.isBreak && !fragment.isBreak && last.weight === fragment.weight;
		if (goesOn) fragments[fragments.length - 1] = { ...last, text: last.text + fragment.text };
		else fragments.push(fragment);
	}
	return fragments.length > 0 ? fragments : [{ text: "", weight: 1, isBreak: false }];
}
