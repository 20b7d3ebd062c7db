import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";

/** How much of a history a sampler takes: a count, or a ratio of it. One of the two. */
export type Share =
	| {
			/** How many to take: an integer of at least 1. More than there are means all. */
			size?: number | undefined;
			ratio?: undefined;
	  }
	| {
			size?: undefined;
			/** Part of the history to take, in (0, 1]; default 0.1. Rounded half to even, at least 1. */
			ratio?: number | undefined;
	  };

export const SHARE = namesOf<Share>({ size: true, ratio: true });

/** A short history is its own profile: up to so many prompts, all of them are kept. */
const WHOLE = 8;

/**
 * How many of `count` prompts a profile keeps. A `size` or `ratio` means what it says; without either it is the paper's tenth, but not
 * fewer than 8 prompts, or all where there are fewer: so a user's first prompts all count.
 * @throws ArgumentError as `coresetSize`.
 */
export function profileSize(count: number, share: Share = {}): number {
	checkNames("profileSize", share, SHARE);
	const size = entriesOf(count, share);
	return share.size === undefined && share.ratio === undefined ? Math.max(size, Math.min(WHOLE, count)) : size;
}

/**
 * How many of `count` entries the samplers take: 0 of 0, else at least 1.
 * @throws ArgumentError for a count, size or ratio outside its range, or for both a size and a ratio.
 */
export function coresetSize(count: number, share: Share = {}): number {
	checkNames("coresetSize", share, SHARE);
	return entriesOf(count, share);
}

/** As `coresetSize`, of options of which the share is a part. */
export function entriesOf(count: number, { size, ratio }: Share): number {
	if (!Number.isSafeInteger(count) || count < 0) {
		throw new ArgumentError({ what: "count", expected: "an integer of at least 0", found: shown(count) });
	}
	if (size !== undefined && ratio !== undefined) {
		throw new ArgumentError({ what: "size and ratio", expected: "one of the two", found: "both" });
	}
	if (size !== undefined) {
		if (!Number.isSafeInteger(size) || size < 1) {
			const next = size > 0 && size < 1 ? "A part of the history is given as ratio" : undefined;
			throw new ArgumentError({
				what: "size",
				expected: "an integer of at least 1",
				found: shown(size),
				...(next && { next }),
			});
		}
		return Math.min(size, count);
	}
	const part = ratio ?? 0.1;
	if (!(part > 0 && part <= 1)) {
		throw new ArgumentError({ what: "ratio", expected: "a number in (0, 1]", found: shown(part) });
	}
	return Math.min(Math.max(roundHalfEven(count * part), 1), count);
}

/** Size k of the random subset that stands for the whole in Algorithm 1's first line: a count, or a fraction in (0, 1). */
export function probesOf(count: number, approximate: number): number {
	if (approximate > 0 && approximate < 1) {
		return Math.min(Math.max(roundHalfEven(count * approximate), 1), count);
	}
	if (!Number.isSafeInteger(approximate) || approximate < 1) {
		throw new ArgumentError({
			what: "approximate",
			expected: "an integer of at least 1, or a fraction in (0, 1)",
			found: shown(approximate),
		});
	}
	return Math.min(approximate, count);
}

/** Python's `round`: 0.5 → 0, 1.5 → 2, 2.5 → 2. */
function roundHalfEven(value: number): number {
	const floor = Math.floor(value);
	const rest = value - floor;
	if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
	return floor % 2 === 0 ? floor : floor + 1;
}
