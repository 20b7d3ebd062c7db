import { ArgumentError } from "@drum/tensor";
import type { DatedReference } from "./history.ts";

// A history has two sides: likes, as in the paper, and dislikes. Each is weighted and sampled separately.

type Weighed = Pick<DatedReference, "intensity">;

/** Row numbers of the likes: intensities from 0. Empty if there are dislikes and no intensity is above 0. */
export function likedRows(history: readonly Weighed[]): number[] {
	const rows = rowsWhere(history, (intensity) => intensity >= 0);
	const isBlank = rows.length < history.length && rows.every((row) => history[row]!.intensity === 0);
	return isBlank ? [] : rows;
}

/** Row numbers of the dislikes: intensities below 0. */
export function dislikedRows(history: readonly Weighed[]): number[] {
	return rowsWhere(history, (intensity) => intensity < 0);
}

function rowsWhere(history: readonly Weighed[], fits: (intensity: number) => boolean): number[] {
	return [...history.keys()].filter((row) => fits(history[row]!.intensity));
}

const DAY = 86_400_000;

/**
 * The weight of each history row, from 0: the absolute intensity, multiplied by 2^(−age / halfLife) if there is a half-life. The age is the
 * time to the newest row among the likes, or among the dislikes. So the newest row of each keeps its full weight; only ratios count.
 * @param halfLife in days
 * @throws ArgumentError naming the row without a time, if there is a half-life
 */
export function weightsOf(history: readonly DatedReference[], halfLife: number | undefined): Float64Array {
	const weights = Float64Array.from(history, ({ intensity }) => Math.abs(intensity));
	if (halfLife === undefined) return weights;
	const times = history.map(({ at }, row) => {
		if (at !== undefined) return Date.parse(at);
		const next = "Give each row a time, or leave halfLife out";
		throw new ArgumentError({
			what: `at of history row ${row}`,
			expected: "a time, which halfLife needs",
			found: "none",
			next,
		});
	});
	for (const rows of [likedRows(history), dislikedRows(history)]) {
		const newest = rows.reduce((most, row) => Math.max(most, times[row]!), Number.NEGATIVE_INFINITY);
		for (const row of rows) weights[row]! *= 2 ** ((times[row]! - newest) / (halfLife * DAY));
	}
	return weights;
}
