import { ArgumentError } from "@drum/tensor";

/**
 * Each reference's share pᵢ / Σⱼ pⱼ in the guidance (equation 2).
 * @throws ArgumentError unless all intensities are finite, none is negative, and one is above 0
 */
export function sharesOf(intensities: readonly number[]): number[] {
	const largest = intensities.reduce((most, each) => Math.max(most, each), 0);
	const wrong = intensities.find((intensity) => !Number.isFinite(intensity) || intensity < 0);
	if (wrong !== undefined || largest === 0) {
		throw new ArgumentError({
			what: "intensities",
			expected: "finite numbers from 0, at least one above 0",
			found: wrong === undefined ? "all are 0" : String(wrong),
		});
	}
	// Divides by the largest first, because the sum of huge intensities is infinite.
	const parts = intensities.map((intensity) => intensity / largest);
	const total = parts.reduce((sum, part) => sum + part, 0);
	return parts.map((part) => part / total);
}
