import { ArgumentError, shown } from "@drum/tensor";

/** Reads preference intensities P as float64. @throws ArgumentError unless there are `count`, finite, not negative and not all zero */
export function readIntensities(intensities: ArrayLike<number>, count: number): Float64Array {
	if (intensities.length !== count) {
		throw new ArgumentError({
			what: "intensities",
			expected: `${count}, one for each embedding`,
			found: String(intensities.length),
		});
	}
	let any = false;
	for (let i = 0; i < count; i++) {
		const value = intensities[i]!;
		if (!Number.isFinite(value) || value < 0) {
			throw new ArgumentError({
				what: `intensities[${i}]`,
				expected: "a finite number of at least 0",
				found: shown(value),
			});
		}
		any ||= value > 0;
	}
	if (count > 0 && !any) {
		throw new ArgumentError({
			what: "intensities",
			expected: "at least one above 0",
			found: "all 0",
			next: "Leave them out for equal weights",
		});
	}
	return Float64Array.from(intensities);
}
