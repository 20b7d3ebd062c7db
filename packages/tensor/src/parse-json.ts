/** Deepest nesting of brackets: no file of a checkpoint goes beyond ten, and what walks a value may recurse. */
const DEEPEST = 100;
/** Most values and keys of one text. The largest vocabularies here have 300,000. */
const MOST_VALUES = 2_000_000;

/**
 * Parses JSON of a stranger as `JSON.parse` does, within bounds: at most 100 brackets in one another, so that what walks the value
 * cannot overflow, and at most two million values, so that a small file cannot fill the memory.
 * @throws SyntaxError for text that is not JSON, or goes beyond these bounds.
 */
export function parseJson(text: string): unknown {
	checkBounds(text);
	return JSON.parse(text);
}

function checkBounds(text: string): void {
	let depth = 0;
	let values = 0;
	for (let at = 0; at < text.length; at++) {
		const char = text.charCodeAt(at);
		if (char === QUOTE) at = endOfString(text, at) - 1;
		else if (char === COMMA || char === COLON) values = oneMore(values);
		else if (char === CLOSED_BRACE || char === CLOSED_BRACKET) depth--;
		else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
			values = oneMore(values);
			if (++depth > DEEPEST) throw new SyntaxError(`brackets more than ${DEEPEST} deep`);
		}
	}
}

function oneMore(values: number): number {
	if (values === MOST_VALUES) throw new SyntaxError(`more than ${MOST_VALUES} values`);
	return values + 1;
}

/** Index after the closing quote of the string that begins at `start`; the text's end where none closes it. */
export function endOfString(text: string, start: number): number {
	for (let at = start + 1; ; at++) {
		at = text.indexOf('"', at);
		if (at === -1) return text.length;
		let slashes = 0;
		while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
		// An odd number of backslashes escapes the quote.
		if (slashes % 2 === 0) return at + 1;
	}
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSED_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSED_BRACE = 0x7d;

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
