import type { Run } from "../plan-run.ts";

/** The entry for one of a run's pictures, from a list with one entry for all prompts or one for each. */
export function ofPicture<T>(list: readonly T[], picture: number, { picturesOfEach }: Pick<Run, "picturesOfEach">): T {
	return list[list.length === 1 ? 0 : Math.floor(picture / picturesOfEach)]!;
}
