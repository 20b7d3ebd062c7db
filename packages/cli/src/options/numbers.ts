import { InvalidArgumentError } from "commander";

/** Parses an option as an integer from `low` to `high`. */
export function integer(low: number, high: number) {
	return within(`an integer from ${low} to ${high === Number.MAX_SAFE_INTEGER ? "2^53 − 1" : high}`, (value) => {
		return Number.isInteger(value) && value >= low && value <= high;
	});
}

/** Parses an option as a number from `low` to `high`. */
export function number(low: number, high = Number.POSITIVE_INFINITY) {
	const upper = high === Number.POSITIVE_INFINITY ? "" : ` to ${high}`;
	return within(`a number from ${low}${upper}`, (value) => value >= low && value <= high);
}

/** Parses an option as a number that `fits`; `expected` says which ones do. */
export function within(expected: string, fits: (value: number) => boolean) {
	return (text: string): number => {
		// Number("") is 0, Number("0x10") is 16: neither is meant.
		const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
		if (Number.isFinite(value) && fits(value)) return value;
		throw new InvalidArgumentError(`Expected ${expected}.`);
	};
}

/** Makes a parser of an option that may be given several times. */
export function repeatable<T>(parse: (text: string) => T) {
	return (text: string, before: readonly T[] | undefined): T[] => [...(before ?? []), parse(text)];
}

/** Parses an option as several values with commas between them. */
export function list<T>(parse: (text: string) => T) {
	return (text: string): T[] => text.split(",").map((part) => parse(part));
}

/** Parses an option as any finite number. */
export const anyNumber = within("a number", () => true);
