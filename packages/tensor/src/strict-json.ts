import { endOfString, parseJson } from "./parse-json.ts";
import { shown } from "./shown.ts";

/**
 * Parses JSON as `parseJson` does, and refuses what `JSON.parse` lets pass in silence: a key twice in one object (the last would
 * win) and the key `__proto__`. Throws `SyntaxError`.
 */
export function parseStrictJson(text: string): unknown {
	const value = parseJson(text);
	refuseBadKeys(text);
	return value;
}

/** Walks valid JSON: there a string before a colon is a key, so no grammar is needed, only the open brackets. */
function refuseBadKeys(text: string): void {
	const open: (Set<string> | undefined)[] = [];
	for (let at = 0; at < text.length; at++) {
		const char = text[at];
		if (char === "{" || char === "[") open.push(char === "{" ? new Set() : undefined);
		else if (char === "}" || char === "]") open.pop();
		else if (char === '"') {
			const end = endOfString(text, at);
			if (isBeforeColon(text, end)) addKey(open.at(-1)!, keyOf(text.slice(at, end)));
			at = end - 1;
		}
	}
}

function keyOf(literal: string): string {
	return literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

function addKey(keys: Set<string>, key: string): void {
	if (keys.has(key)) throw new SyntaxError(`the key ${shown(key)} twice in one object`);
	if (key === "__proto__") throw new SyntaxError("the key __proto__");
	keys.add(key);
}

function isBeforeColon(text: string, end: number): boolean {
	let at = end;
	while (text[at] === " " || text[at] === "\n" || text[at] === "\t" || text[at] === "\r") at++;
	return text[at] === ":";
}
