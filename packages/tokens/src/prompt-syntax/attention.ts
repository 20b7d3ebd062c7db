import { ArgumentError, shown } from "@drum/tensor";
import { isSpace } from "../unicode.ts";

// Mirrors how A1111's web UI reads prompts:
// https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/prompt_parser.py

/** A part of a prompt with one weight. */
export interface Fragment {
	readonly text: string;
	readonly weight: number;
	/** Whether this is the word BREAK, which begins a new chunk and is not part of the text. */
	readonly isBreak: boolean;
}

/** `\(`, brackets, `:1.3)`, text without any of these, or a single colon or backslash. */
const TOKENS = /\\[()[\]\\]|\\|\(|\[|:([+-]?[.\d]+)\)|\)|\]|[^\\()[\]:]+|:/g;
/** The word boundaries are Python's, which knows more letters than JavaScript's `\b`. */
const BREAK = /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u;

const ROUND = 1.1;
const SQUARE = 1 / 1.1;
/** The largest weight. Forty-eight nested brackets have about this weight. */
const MOST = 100;
/** The most nested brackets. Each bracket multiplies all weights in it, so a text of only brackets would take quadratic time. */
const MOST_OPEN = 100;

/**
 * Reads a prompt's weights: `(more)` is × 1.1, `(more:1.3)` is × 1.3, and `[less]` is ÷ 1.1. Nested weights are multiplied. `\(` is a bracket
 * in the text. An opening bracket that is never closed applies to the rest of the prompt. Neighbours with equal weights are one fragment.
 * @param what names the prompt in errors
 * @throws ArgumentError for a weight that is not a number from −100 to 100, and for more than 100 nested brackets
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
		expected: `at most ${MOST_OPEN} nested brackets`,
		found: "more",
		next: "Write \\( and \\[ for brackets in the text",
	});
}

/** Removes what Python regards as spaces, at the start, at the end or both. */
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
		next: "Write the weight before the closing bracket: (word:1.3). Write \\( and \\) for brackets in the text",
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
