import type { Run } from "../plan-run.ts";

/** Of what there is for all prompts, or for each, that of one of a run's pictures. */
export function ofPicture<T>(list: readonly T[], picture: number, { picturesOfEach }: Pick<Run, "picturesOfEach">): T {
	return list[list.length === 1 ? 0 : Math.floor(picture / picturesOfEach)]!;
}
