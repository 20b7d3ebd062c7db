import { ArgumentError } from "@drum/tensor";
import type { DatedReference } from "./history.ts";

// A history has two sides, which are weighed and sampled each by itself: what is liked, the paper's, and what is disliked.

type Weighed = Pick<DatedReference, "intensity">;

/** The rows of a history that are liked, those of intensity 0 among them; none where nothing is above 0 and something is disliked. */
export function likedRows(history: readonly Weighed[]): number[] {
	const rows = rowsWhere(history, (intensity) => intensity >= 0);
	const isBlank = rows.length < history.length && rows.every((row) => history[row]!.intensity === 0);
	return isBlank ? [] : rows;
}

export function dislikedRows(history: readonly Weighed[]): number[] {
	return rowsWhere(history, (intensity) => intensity < 0);
}

function rowsWhere(history: readonly Weighed[], fits: (intensity: number) => boolean): number[] {
	return [...history.keys()].filter((row) => fits(history[row]!.intensity));
}

const DAY = 86_400_000;

/**
 * What each row's intensity counts now, from 0: its amount, and with a half-life in days times 2^(−age / halfLife), of the age beside the
 * newest row on its side. Only ratios within a side count, so the newest on each side keeps its own.
 * @throws ArgumentError naming the row that has no time where there is a half-life.
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
