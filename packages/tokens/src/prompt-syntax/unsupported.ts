/** Prompt syntax of other programs that is not supported. */
export interface UnsupportedSyntax {
	/** The text in the prompt. */
	readonly found: string;
	/** Says what happens to it, as the rest of a sentence that begins with `found`, and what to do instead. */
	readonly reading: string;
}

/** Tags that A1111's web UI removes from a prompt before it reads it. */
const TAG = /<(lora|lyco|hypernet):[^<>]*>/gi;
const NUMBER = /:\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/;
/** The most characters of such a number. */
const LONGEST = 40;
const AS_TEXT = "is read as text";

/** Removes tags such as `<lora:…>` from a prompt, and lists the syntax in it that is not supported, each kind once. */
export function unsupportedSyntax(prompt: string): { text: string; unsupported: UnsupportedSyntax[] } {
	const unsupported: UnsupportedSyntax[] = [];
	for (const [tag, kind] of prompt.matchAll(TAG)) {
		const instead = /^hypernet$/i.test(kind!)
			? "Hypernetworks are not applied here"
			: "LoRAs are given as the option loras";
		unsupported.push({ found: tag, reading: `is left out. ${instead}.` });
	}
	const text = prompt.replaceAll(TAG, "");
	if (/(?<![\p{L}\p{N}_])AND(?![\p{L}\p{N}_])/u.test(text)) {
		unsupported.push({ found: "AND", reading: `${AS_TEXT}: prompts are not composed here.` });
	}
	const { edit, alternatives } = squareBrackets(text);
	if (edit !== undefined) {
		const reading = `${AS_TEXT}: prompts are not edited between steps here. A weight below 1 is written (word:0.8).`;
		unsupported.push({ found: edit, reading });
	}
	if (alternatives !== undefined) {
		unsupported.push({ found: alternatives, reading: `${AS_TEXT}: prompts do not alternate between steps here.` });
	}
	const braces = /\{[^{}]*\}/.exec(text);
	if (braces) unsupported.push({ found: braces[0], reading: `${AS_TEXT}: braces do not weigh or choose here.` });
	return { text, unsupported };
}

/** The first `[from:to:0.5]` and the first `[one|other]`. */
function squareBrackets(text: string): { edit: string | undefined; alternatives: string | undefined } {
	let edit: string | undefined;
	let alternatives: string | undefined;
	const open: { from: number; hasBar: boolean }[] = [];
	for (let at = 0; at < text.length; at++) {
		const letter = text[at];
		if (letter === "\\") at++;
		else if (letter === "[") open.push({ from: at, hasBar: false });
		else if (letter === "|" && open.length > 0) open.at(-1)!.hasBar = true;
		else if (letter === "]" && open.length > 0) {
			const { from, hasBar } = open.pop()!;
			if (NUMBER.test(text.slice(Math.max(from + 1, at - LONGEST), at))) edit ??= text.slice(from, at + 1);
			else if (hasBar) alternatives ??= text.slice(from, at + 1);
		}
	}
	return { edit, alternatives };
}
