import { sizeFromPicture } from "@drum/pipeline";
import { DrumError } from "@drum/tensor";
import type { JobRequest, Model, PicturesRequest } from "../api/index.ts";
import { chunksAtMost, promptCost } from "./prompt-cost.ts";
import { invalid, Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

/**
 * Checks what depends on the model, so that no job is made that could only fail.
 * @throws Refusal
 */
export function checkAgainstModel(request: JobRequest, { models, limits }: Pick<Service, "models" | "limits">): void {
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
	checkStrength(request, model);
	checkWork(request, model, limits.workOfJob);
}

/** A picture's size where the request says none. */
function ownSize({ image, width, height }: PicturesRequest, { defaults, sizeMultiple }: Model) {
	if (!image || (width !== undefined && height !== undefined)) return defaults;
	try {
		return sizeFromPicture(image, defaults, sizeMultiple);
	} catch (error) {
		throw DrumError.is(error) ? invalid([{ at: "/image", message: error.message }]) : error;
	}
}

/** A part of a step is none. */
function checkStrength({ strength = 1, ...asked }: PicturesRequest, { defaults }: Model): void {
	const { numInferenceSteps = defaults.numInferenceSteps } = asked;
	if (strength * numInferenceSteps >= 1) return;
	const message = `expected at least ${Math.ceil(1e4 / numInferenceSteps) / 1e4}, so that at least one of ${numInferenceSteps} steps runs, found ${strength}`;
	throw invalid([{ at: "/strength", message }]);
}

/**
 * What a job costs is about as its pixels, steps and pictures, and more with prompts in several chunks.
 * @param most in pictures as the model draws them where a request leaves all open
 */
function checkWork(asked: PicturesRequest, model: Model, most: number): void {
	const { defaults } = model;
	const { alphas } = asked;
	const own = ownSize(asked, model);
	const { width = own.width, height = own.height, numInferenceSteps = defaults.numInferenceSteps } = asked;
	const picture = defaults.width * defaults.height * defaults.numInferenceSteps;
	const chunks = chunksAtMost(asked);
	const times = promptCost(chunks, width * height);
	const found = width * height * numInferenceSteps * alphas.length * times;
	if (found <= most * picture) return;
	const ofPrompt = chunks > 1 ? ` × ${times.toFixed(2)} for prompts of up to ${chunks} chunks` : "";
	throw new Refusal({
		...{ status: 422, kind: "job-too-costly", title: "The job would take too much" },
		detail:
			`Expected width × height × steps × alphas of at most ${Math.floor(most * picture)}, as ${most} pictures of ` +
			`${defaults.width} × ${defaults.height} in ${defaults.numInferenceSteps} steps have; found ` +
			`${width} × ${height} × ${numInferenceSteps} × ${alphas.length}${ofPrompt} = ${Math.ceil(found)}. ` +
			`Ask for smaller pictures, fewer steps${chunks > 1 ? ", shorter prompts" : ""} or fewer alphas`,
	});
}
