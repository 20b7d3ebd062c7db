import type { Job, Model, ProfileView } from "../../../api/index.ts";
import { visit } from "../frame/session.svelte.ts";
import { histories } from "../history/histories.svelte.ts";
import { readPictureSettings } from "../pictures/picture-settings.ts";
import { asFailure } from "../service/failure.ts";
import { service } from "../service/service.ts";
import { beginning } from "./beginning.svelte.ts";
import { draft } from "./draft.svelte.ts";
import { libraryCode } from "./library-code.ts";

/** The code that draws what the page would draw now. */
export function codeOfDraft(): string {
	const { alphas = [0], ...request } = draft.request([0, draft.alpha]);
	const history = histories.open?.entries ?? [];
	const { picture, strength } = beginning;
	const begun = picture && { image: picture, strength };
	return libraryCode({ model: draft.model, request: { ...ownOf(draft.model), ...request, ...begun, alphas }, history });
}

/**
 * The code that drew a job's pictures. Where the history has changed since, or is gone, the prompts that steered a picture stand
 * for it, as its file tells them: a profile of all of them is the same.
 * @throws Failure where the service does not answer; PngError for a picture that is damaged.
 */
export async function codeOfJob({ request, pictures, profileId }: Job): Promise<string> {
	if (request.kind !== "pictures") return "";
	const model = visit.models.find(({ id }) => id === request.model) ?? draft.model;
	const drawn = { ...ownOf(model), ...request, seed: request.seed ?? pictures[0]?.seed };
	const profile = profileId === undefined ? undefined : await profileIfThere(profileId);
	if (profile?.current) {
		const { entries } = await service.history(profile.historyId);
		return libraryCode({ model, request: drawn, history: entries });
	}
	const steered = pictures.find(({ alpha }) => alpha > 0);
	const settings = steered && (await readPictureSettings(await service.picture(steered.url)));
	const history = settings ? [...settings.references, ...settings.negativeReferences] : [];
	return libraryCode({ model, request: { ...drawn, ratio: 1, size: undefined, halfLife: undefined }, history });
}

/** A profile goes with its history. */
async function profileIfThere(id: string): Promise<ProfileView | undefined> {
	try {
		return await service.profile(id);
	} catch (error) {
		if (asFailure(error).status === 404) return undefined;
		throw error;
	}
}

/** The service's defaults, which need not be the library's. */
function ownOf({ defaults: { numInferenceSteps, guidanceScale } }: Model) {
	return { numInferenceSteps, guidanceScale };
}
