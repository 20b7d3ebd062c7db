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
	const latest = history.at(-1);
	if (!latest) return { liked: [], disliked: [] };
	const intensities = history.map(({ intensity }) => intensity ?? Number.NaN);
	const [most, least] = [Math.max(...intensities), Math.min(...intensities)];
	// Of an unknown intensity both are NaN, which nothing equals.
	const liked = history.findLast(({ intensity }) => intensity === most) ?? latest;
	const disliked = history.filter(({ intensity }) => intensity === least && least < most);
	return { liked: [liked.image], disliked: disliked.slice(-1).map(({ image }) => image) };
}
