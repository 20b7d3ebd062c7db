import { profileSize } from "@drum/coreset";
import type { ProfileRequest } from "../../../api/index.ts";

/** How much of a history the coreset keeps. */
export type Sampling = Pick<ProfileRequest, "ratio" | "size">;

/** How many of so many prompts the library keeps. */
export function keptOf(entries: number, { ratio, size }: Sampling): number {
	return profileSize(entries, size === undefined ? { ratio } : { size });
}
