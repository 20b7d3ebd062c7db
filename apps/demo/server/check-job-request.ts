import type { JobRequest, Model } from "../api/index.ts";
import { invalid } from "./refusal.ts";

/**
 * Checks what depends on the model, so that no job is made that could only fail.
 * @throws Refusal
 */
export function checkAgainstModel(request: JobRequest, models: ReadonlyMap<string, Model>): void {
	const model = models.get(request.model);
	if (!model) throw invalid([{ at: "/model", message: `expected one of ${[...models.keys()].join(", ")}` }]);
	if (request.kind !== "pictures") return;
	const { sizeMultiple, schedulers } = model;
	const errors: { at: string; message: string }[] = [];
	for (const side of ["width", "height"] as const) {
		const found = request[side];
		if (found !== undefined && found % sizeMultiple !== 0)
			errors.push({ at: `/${side}`, message: `expected a multiple of ${sizeMultiple}, found ${found}` });
	}
	if (request.scheduler !== undefined && !schedulers.includes(request.scheduler))
		errors.push({ at: "/scheduler", message: `expected one of ${schedulers.join(", ")}` });
	if (errors.length > 0) throw invalid(errors);
}
