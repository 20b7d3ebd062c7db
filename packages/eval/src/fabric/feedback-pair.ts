import type { Image } from "@drum/diffusion";

/** A picture that a user has seen, and how much they liked it. */
export interface SeenPicture {
	image: Image;
	/** Any finite number; unknown if there is none. */
	intensity?: number | undefined;
}

/**
 * The pictures that the paper gives FABRIC (5.3) of a history, oldest first: the one liked most and the one liked least; where an
 * intensity is unknown, the latest as a liked one. Of equals the latest; where all are equal, nothing is disliked.
 */
export function feedbackPair(history: readonly SeenPicture[]): { liked: Image[]; disliked: Image[] } {
	const { liked, disliked } = feedbackRows(history.map(({ intensity }) => intensity));
	const imageOf = (row: number) => history[row]!.image;
	return { liked: liked.map(imageOf), disliked: disliked.map(imageOf) };
}

/** The same by the rows of a history whose pictures are yet to be had. */
export function feedbackRows(history: readonly (number | undefined)[]): { liked: number[]; disliked: number[] } {
	if (history.length === 0) return { liked: [], disliked: [] };
	const intensities = history.map((intensity) => intensity ?? Number.NaN);
	const [most, least] = [Math.max(...intensities), Math.min(...intensities)];
	// Of an unknown intensity both are NaN, which nothing equals.
	const liked = intensities.lastIndexOf(most);
	const disliked = least < most ? [intensities.lastIndexOf(least)] : [];
	return { liked: [liked < 0 ? history.length - 1 : liked], disliked };
}
