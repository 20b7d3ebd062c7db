/** The scale that people rate on here; imported histories may have another. */
export const MOST_STARS = 5;

/** Whether stars can show it, which of a dislike show how much; other intensities are shown as numbers. */
export function fitsStars(intensity: number): boolean {
	return Number.isInteger(intensity) && Math.abs(intensity) <= MOST_STARS;
}
