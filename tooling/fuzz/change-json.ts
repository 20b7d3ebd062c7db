import { changeBytes } from "./change-bytes.ts";
import type { Random } from "./random.ts";

/** Values in place of others, as text, since some of them no value of JavaScript would write. */
const VALUES: readonly string[] = [
	...[null, true, false, 0, -1, 1, 2, 3, 0.5, -0.5, 1e308, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 65536, 1e6].map(String),
	...["", "a", "__proto__", "constructor", "toString", "../../../../etc/passwd", "/etc/passwd"].map(
		(text) => `"${text}"`,
	),
	...[
		"[]",
		"{}",
		"[[]]",
		"[null]",
		"[1,2,3]",
		'{"a":1}',
		'{"length":1e9}',
		'{"toString":1}',
		"1e400",
		"-1e400",
		"1e-400",
	],
	...[
		"123456789012345678901234567890",
		'{"__proto__":{"polluted":1}}',
		'{"a":1,"a":2}',
		'"\\ud800"',
		'"\\u0000\\u001b[2J"',
	],
	JSON.stringify("x".repeat(5000)),
	JSON.stringify(Array(2000).fill(64)),
	...[100, 1000, 20_000].flatMap((depth) => [
		"[".repeat(depth) + "]".repeat(depth),
		`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
	]),
];

/** The text of a JSON value with one to three changes. */
export function changeJson(random: Random, source: unknown): string {
	const root = { value: structuredClone(source) };
	const texts: string[] = [];
	for (let left = 1 + random.below(3); left > 0; left--) {
		const { parent, key } = random.pick(placesIn(root));
		const kind = random.below(5);
		if (kind === 0 && parent !== root) removeAt(parent, key);
		else if (kind === 1 && typeof parent[key] === "number") parent[key] = numberLike(random, parent[key]);
		else if (kind === 2 && Array.isArray(parent[key])) parent[key] = [...parent[key], ...parent[key]];
		else if (kind === 3 && typeof parent[key] === "string")
			parent[key] += random.pick(["x", "\0", "../", "\n", "é", "\u202e"]);
		else parent[key] = `@@${texts.push(random.pick(VALUES)) - 1}@@`;
	}
	const text = (JSON.stringify(root.value) ?? "null").replace(
		/"@@(\d+)@@"/g,
		(_, index: string) => texts[Number(index)]!,
	);
	return random.chance(0.06) ? Buffer.from(changeBytes(random, Buffer.from(text))).toString("latin1") : text;
}

type Parent = Record<string | number, unknown>;

function placesIn(parent: Parent, places: { parent: Parent; key: string }[] = []): { parent: Parent; key: string }[] {
	for (const key of Object.keys(parent)) {
		// Of a vocabulary, some will do.
		if (places.length > 3000) break;
		places.push({ parent, key });
		const value = parent[key];
		if (typeof value === "object" && value !== null) placesIn(value as Parent, places);
	}
	return places;
}

function removeAt(parent: Parent, key: string): void {
	if (Array.isArray(parent)) parent.splice(Number(key), 1);
	else delete parent[key];
}

function numberLike(random: Random, value: number): number {
	return random.pick([-value, value * 2, value + 1, value - 1, value / 3, value * 1e9, value * 64]);
}
