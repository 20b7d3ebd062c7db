import { shown } from "./shown.ts";

/**
 * Parses JSON as `JSON.parse` does, and refuses what it lets pass in silence: a key twice in one object (the last would
 * win) and the key `__proto__`. Throws `SyntaxError`.
 */
export function parseStrictJson(text: string): unknown {
	const value: unknown = JSON.parse(text);
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
			if (isBeforeColon(text, end)) addKey(open.at(-1)!, JSON.parse(text.slice(at, end)) as string);
			at = end - 1;
		}
	}
}

function addKey(keys: Set<string>, key: string): void {
	if (keys.has(key)) throw new SyntaxError(`the key ${shown(key)} twice in one object`);
	if (key === "__proto__") throw new SyntaxError("the key __proto__");
	keys.add(key);
}

function endOfString(text: string, start: number): number {
	let at = start + 1;
	while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
	return at + 1;
}

function isBeforeColon(text: string, end: number): boolean {
	let at = end;
	while (/\s/.test(text[at] ?? "")) at++;
	return text[at] === ":";
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
