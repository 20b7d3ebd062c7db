/** Longest text of one string, and most entries of a list or an object, that a message repeats. */
const MOST_LETTERS = 100;
const MOST_ENTRIES = 5;
const MOST_DEPTH = 2;

/**
 * Whatever a caller or a file gave, as one short printable line for a message: strings in double quotes, lists and plain objects two
 * levels deep, anything else by its kind (`a Promise`, `a Float32Array of 3`). Never throws, however deep or strange the value is.
 */
export function shown(value: unknown): string {
	try {
		return at(value, 0);
	} catch {
		// A proxy or a getter of the caller's may throw.
		return typeof value;
	}
}

function at(value: unknown, depth: number): string {
	if (value === undefined) return "nothing";
	if (typeof value === "string") return quoted(value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return "a function";
	if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
	if (value === null || typeof value !== "object") return String(value);
	if (Array.isArray(value)) return list(value, depth);
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype === Object.prototype || prototype === null) return object(value as Record<string, unknown>, depth);
	const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
	const kind = typeof name === "string" && name !== "" ? printable(name) : "object";
	const article = /^[AEIO]/i.test(kind) ? "an" : "a";
	return ArrayBuffer.isView(value) && "length" in value
		? `${article} ${kind} of ${value.length}`
		: `${article} ${kind}`;
}

function list(values: readonly unknown[], depth: number): string {
	if (depth >= MOST_DEPTH && values.length > 0) return "[…]";
	const entries = values.slice(0, MOST_ENTRIES).map((each) => at(each, depth + 1));
	const more = values.length > MOST_ENTRIES ? [`… ${values.length - MOST_ENTRIES} more`] : [];
	return `[${[...entries, ...more].join(", ")}]`;
}

function object(value: Readonly<Record<string, unknown>>, depth: number): string {
	const names = Object.keys(value);
	if (names.length === 0) return "{}";
	if (depth >= MOST_DEPTH) return "{…}";
	const entries = names.slice(0, MOST_ENTRIES).map((name) => `${quoted(name)}: ${at(value[name], depth + 1)}`);
	const more = names.length > MOST_ENTRIES ? [`… ${names.length - MOST_ENTRIES} more`] : [];
	return `{ ${[...entries, ...more].join(", ")} }`;
}

function quoted(text: string): string {
	return `"${printable(text, { inQuotes: true })}"`;
}

/** Most names that a message lists of those that a file has. */
const MOST_NAMES = 3;

/** The first of a file's names, and how many more there are: `a.weight, b.weight, c.weight, 97 more`. */
export function shownNames(names: readonly string[]): string {
	const first = names.slice(0, MOST_NAMES).map((name) => printable(name));
	const more = names.length > MOST_NAMES ? [`${names.length - MOST_NAMES} more`] : [];
	return [...first, ...more].join(", ");
}

/**
 * What moves the cursor, turns the direction of writing or is no character: controls, format characters, half surrogate pairs. Not the
 * joiners, which Persian, Hindi and emoji are written with.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text of a stranger as a terminal and a log may show it: cut after `most` characters (default 100), with escapes for what is not
 * printable, and for quotes and backslashes too where it stands `inQuotes`.
 */
export function printable(text: string, { most = MOST_LETTERS, inQuotes = false } = {}): string {
	const cut = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
	const escaped = inQuotes ? cut.replace(/["\\]/g, "\\$&") : cut;
	return escaped.replace(UNPRINTABLE, (letter) => NAMED[letter] ?? escapeOf(letter.codePointAt(0)!));
}

function escapeOf(code: number): string {
	const digits = code.toString(16);
	return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
}
