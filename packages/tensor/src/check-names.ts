import { ArgumentError } from "./errors.ts";
import { printable, shown } from "./shown.ts";

/** Names that people know from elsewhere, by the name that exists here: `{ cfg: "guidanceScale" }`. */
export type Aliases = Readonly<Record<string, string>>;

/**
 * Refuses options that nobody knows, which would otherwise be ignored in silence, also from plain JavaScript. A name whose value is
 * undefined asks for nothing and is passed over; so is `undefined` in place of all options.
 * @param what the call or the thing that takes them, for the message: `generate`
 * @param known all names that it takes
 * @throws ArgumentError naming the unknown option and the nearest that exists; or where `options` is no object.
 */
export function checkNames(what: string, options: unknown, known: readonly string[], aliases: Aliases = {}): void {
	if (options === undefined) return;
	if (typeof options !== "object" || options === null || Array.isArray(options)) {
		throw new ArgumentError({ what: `options of ${what}`, expected: "an object", found: shown(options) });
	}
	const names = new Set(known);
	const odd = Object.entries(options).find(([name, value]) => value !== undefined && !names.has(name));
	if (!odd) return;
	const [name, value] = odd;
	const nearest = nearestName(name, known, aliases);
	throw new ArgumentError({
		what: `option ${printable(name)} of ${what}`,
		expected: nearest ? `an option that it knows, such as ${nearest}` : `one of ${known.join(", ")}`,
		found: shown(value),
		next: nearest ? `Did you mean ${nearest}?` : "Leave it out",
	});
}

/** Of the names that exist the one that was meant most likely; undefined where none is near. */
export function nearestName(name: string, known: readonly string[], aliases: Aliases = {}): string | undefined {
	const given = plain(name);
	const alias = Object.entries(aliases).find(([from]) => plain(from) === given)?.[1];
	if (alias !== undefined && known.includes(alias)) return alias;
	const most = Math.max(1, Math.floor(given.length / 3));
	const ranked = known.map((each): [string, number] => [each, distance(given, plain(each), most)]);
	return ranked.filter(([, far]) => far <= most).sort((a, b) => a[1] - b[1])[0]?.[0];
}

/** Without what tells `num_inference_steps`, `num-inference-steps` and `numInferenceSteps` apart. */
function plain(name: string): string {
	return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** Letters to insert, delete or replace; names of which one is a part of the other (`steps`) are near. */
function distance(a: string, b: string, most: number): number {
	if (a === b) return 0;
	if (a.length >= 4 && b.includes(a)) return 1;
	if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
	let before = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			row.push(Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + Number(a[i - 1] !== b[j - 1])));
		}
		before = row;
	}
	return before[b.length]!;
}
