import { profileSize } from "@drum/coreset";
import type { ProfileRequest } from "../../../api/index.ts";

/** How much of a history the coreset keeps. */
export type Sampling = Pick<ProfileRequest, "ratio" | "size" | "halfLife">;

/** How many of these prompts the library keeps: of those that are liked, and by themselves of those that are disliked. */
export function keptOf(entries: readonly { readonly intensity: number }[], { ratio, size }: Sampling): number {
	const disliked = entries.filter(({ intensity }) => intensity < 0).length;
	const share = size === undefined ? { ratio } : { size };
	return profileSize(entries.length - disliked, share) + profileSize(disliked, share);
}
