import type { Scheduler } from "@drum/diffusion";
import { ArgumentError, type Warning } from "@drum/tensor";
import type { LayerSkip } from "./layer-skip.ts";
import type { GenerateOptions } from "./options.ts";

/** @throws ArgumentError if `strength` and `denoisingEnd` leave no step of the schedule */
export function checkPart({ timesteps }: Pick<Scheduler, "timesteps">, options: GenerateOptions): void {
	if (timesteps.length > 0) return;
	const { denoisingEnd, image, strength } = options;
	const begins = image === undefined ? "" : `, and the run begins at strength ${strength ?? "of its default"}`;
	throw new ArgumentError({
		what: image === undefined ? "denoisingEnd" : "strength and denoisingEnd",
		expected: "a part of the schedule with a step in it",
		found: `none: it ends at ${denoisingEnd} of the schedule${begins}`,
		next: image === undefined ? "Raise denoisingEnd" : "Raise strength or denoisingEnd",
	});
}

/** A warning if blocks are skipped in no step: short runs have no step between the default parts. */
export function unusedSkip(
	skip: LayerSkip | undefined,
	guidedPart: readonly [start: number, end: number],
	calls: number,
): Warning[] {
	if (!skip) return [];
	const [first, end] = guidedPart.map((part) => Math.floor(part * calls)) as [number, number];
	const [after, before] = skip.between;
	for (let i = first; i < end; i++) if (i > after && i < before) return [];
	const what = "skipGuidanceLayers";
	const message = `${what} has no effect because no step of ${calls} lies between skipLayerGuidanceStart and skipLayerGuidanceStop, where guidance is on.`;
	return [{ code: "option-unused", what, message }];
}
