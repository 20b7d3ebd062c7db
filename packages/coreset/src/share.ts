import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";

/** How much of a history a sampler takes: either a count, or a ratio. */
export type Share =
	| {
			/** How many to take: an integer of at least 1. A larger number than there are takes all. */
			size?: number | undefined;
			ratio?: undefined;
	  }
	| {
			size?: undefined;
			/** Fraction of the history to take, in (0, 1]. The count is rounded half to even, and is at least 1. Default 0.1, as in the paper. */
			ratio?: number | undefined;
	  };

export const SHARE = namesOf<Share>({ size: true, ratio: true });

/** A profile keeps all prompts of a history that has no more than this. */
const WHOLE = 8;

/**
 * Says how many of `count` prompts a profile keeps. Without `size` and `ratio` it is a tenth, as in the paper, but at least 8, or all if
 * there are fewer than 8. So all of a new user's first prompts count.
 * @throws ArgumentError as `coresetSize`.
 */
export function profileSize(count: number, share: Share = {}): number {
	checkNames("profileSize", share, SHARE);
	const size = entriesOf(count, share);
	return share.size === undefined && share.ratio === undefined ? Math.max(size, Math.min(WHOLE, count)) : size;
}

/**
 * Says how many of `count` entries the samplers take: at least 1, or 0 if `count` is 0.
 * @throws ArgumentError for a count, size or ratio outside its range, or for both a size and a ratio.
 */
export function coresetSize(count: number, share: Share = {}): number {
	checkNames("coresetSize", share, SHARE);
	return entriesOf(count, share);
}

/** Like `coresetSize`, but the options may contain more than the share. */
export function entriesOf(count: number, { size, ratio }: Share): number {
	if (!Number.isSafeInteger(count) || count < 0) {
		throw new ArgumentError({ what: "count", expected: "an integer of at least 0", found: shown(count) });
	}
	if (size !== undefined && ratio !== undefined) {
		throw new ArgumentError({ what: "size and ratio", expected: "one of the two", found: "both" });
	}
	if (size !== undefined) {
		if (!Number.isSafeInteger(size) || size < 1) {
			const next = size > 0 && size < 1 ? "For a part, use the option ratio" : undefined;
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

/** The size k of the random subset that Algorithm 1 starts with, from a count or a fraction in (0, 1). */
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
