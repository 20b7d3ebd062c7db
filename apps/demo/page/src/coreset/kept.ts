import type { ProfileRequest } from "../../../api/index.ts";

/** How much of a history the coreset keeps. */
export type Sampling = Pick<ProfileRequest, "ratio" | "size">;

/** How many of so many prompts are kept: at least one, and a ratio rounded as the library does, halves to the even number. */
export function keptOf(entries: number, { ratio = 0.1, size }: Sampling): number {
	return Math.min(size ?? Math.max(roundHalfEven(ratio * entries), 1), entries);
}

function roundHalfEven(value: number): number {
	const below = Math.floor(value);
	const rest = value - below;
	if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
	return rest < 0.5 ? below : below + 1;
}
