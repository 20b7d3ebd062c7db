import type { Job, Model } from "../../../api/index.ts";
import { coreset } from "../coreset/coreset.svelte.ts";
import { visit } from "../frame/session.svelte.ts";
import { histories } from "../history/histories.svelte.ts";
import { service } from "../service/client.ts";
import { draft } from "./draft.svelte.ts";
import { libraryCode } from "./library-code.ts";

/** The code that draws what the page would draw now. */
export function codeOfDraft(): string {
	const { alphas = [0], ...request } = draft.request([0, draft.alpha]);
	const history = histories.open?.entries ?? [];
	return libraryCode({ model: draft.model, request: { ...ownOf(draft.model), ...request, alphas }, history });
}

/**
 * The code that drew a job's pictures. Where the history has changed since, its coreset stands for it: a profile of all of
 * that is the same.
 * @throws Failure where the profile cannot be had.
 */
export async function codeOfJob(job: Job): Promise<string> {
	const { request, pictures, profileId } = job;
	if (request.kind !== "pictures") return "";
	const model = visit.models.find(({ id }) => id === request.model) ?? draft.model;
	const drawn = { ...ownOf(model), ...request, seed: request.seed ?? pictures[0]?.seed };
	if (profileId === undefined) return libraryCode({ model, request: { ...drawn, alphas: [0] }, history: [] });
	const view = coreset.view?.id === profileId ? coreset.view : await service.profile(profileId);
	if (view.current) {
		const { entries } = await service.history(view.historyId);
		return libraryCode({ model, request: drawn, history: entries });
	}
	return libraryCode({ model, request: { ...drawn, ratio: 1, size: undefined }, history: view.picks });
}

/** The service's defaults, which need not be the library's. */
function ownOf({ defaults: { numInferenceSteps, guidanceScale } }: Model) {
	return { numInferenceSteps, guidanceScale };
}
