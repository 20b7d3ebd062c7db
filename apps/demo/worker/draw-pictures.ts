import { type GenerateOptions, openPictures, type Profile, type SchedulerName, type Step } from "@drum/pipeline";
import type { Model, PicturesRequest } from "../api/index.ts";
import { readInputs } from "../store/inputs.ts";
import type { Store } from "../store/open-store.ts";
import { keepPicture, storedPictures, storePicture } from "../store/pictures.ts";
import { addWarnings } from "../store/warnings.ts";
import type { Claim } from "../store/work.ts";
import type { OpenModel } from "./models.ts";
import { jobDamaged } from "./problems.ts";
import type { Reports } from "./reports.ts";
import { shrink } from "./shrink.ts";

export interface Drawing {
	readonly store: Store;
	readonly claim: Claim;
	readonly model: OpenModel;
	readonly defaults: Model["defaults"];
	readonly reports: Reports;
	readonly signal: AbortSignal;
}

/** Draws a picture for each degree of personalization that has none yet, and stores each as soon as it is there. */
export async function drawPictures(drawing: Drawing, request: PicturesRequest, profile?: Profile): Promise<void> {
	const { store, claim, model, reports, signal } = drawing;
	const stored = await storedPictures(store, claim.jobId);
	const places = new Set(stored.map(({ place }) => place));
	// All of one job are of one seed, also of those that another worker began.
	const seed = request.seed ?? stored[0]?.seed ?? Math.floor(Math.random() * 2 ** 32);
	const given = request.image ? await inputsOf(drawing) : {};
	for (const [place, alpha] of request.alphas.entries()) {
		if (places.has(place)) continue;
		signal.throwIfAborted();
		const options = {
			...optionsOf(request, drawing.defaults),
			...given,
			seed,
			signal,
			onStep: stepsOf(place, reports, model.pipeline.previewVae !== undefined),
		};
		const { images, warnings } = await model.drum.generate(
			request.prompt,
			alpha > 0 ? { ...options, profile, alpha } : options,
		);
		const image = images[0]!;
		const { width, height } = image;
		const png = await image.toPng({ parameters: claim.passing ? "shareable" : "full" });
		const file = await keepPicture(store, png, signal);
		const picture = { place, alpha, seed, width, height, ...file };
		await reports.write(
			{ preview: null, preview_of: null },
			{
				beside: async (transaction) => {
					await storePicture(store, transaction, claim, picture);
					await addWarnings(transaction, claim.jobId, [...model.warnings, ...warnings]);
				},
			},
		);
	}
}

/** What the job begins from, of which there is nothing any more where it has ended meanwhile. */
async function inputsOf({ store, claim }: Drawing): Promise<Pick<GenerateOptions, "image" | "mask">> {
	const inputs = await readInputs(store, claim.jobId);
	if (!inputs.image) throw jobDamaged();
	return openPictures(inputs);
}

function optionsOf(request: PicturesRequest, defaults: Model["defaults"]): GenerateOptions {
	const { image, width, height, numInferenceSteps, guidanceScale, scheduler } = request;
	const { promptSyntax, negativePrompt, strength } = request;
	return {
		...{ promptSyntax, negativePrompt, strength },
		// Of a job that begins from a picture, the library knows it.
		width: image ? width : (width ?? defaults.width),
		height: image ? height : (height ?? defaults.height),
		numInferenceSteps: numInferenceSteps ?? defaults.numInferenceSteps,
		guidanceScale: guidanceScale ?? defaults.guidanceScale,
		// Which names there are, the pipeline says.
		scheduler: scheduler as SchedulerName | undefined,
	};
}

/** Milliseconds between two previews, which are made only where they will be shown. */
const PREVIEW_EVERY = 125;

/** Pixels along the longer side of one that is decoded. */
const PREVIEW_SIDE = 256;
/** So many times as long as the last one took to decode, the next waits: drawing has the rest. */
const REST = 4;

/** `decodes` shows pictures by the pipeline's VAE for previews in place of thumbnails. */
function stepsOf(picture: number, reports: Reports, decodes: boolean): (step: Step) => Promise<void> {
	let last = Number.NEGATIVE_INFINITY;
	let took = 0;
	return async ({ step, steps, preview, decode }) => {
		reports.progress({ station: "steps", done: step, total: steps, picture });
		const now = performance.now();
		if (step < steps && now - last < Math.max(PREVIEW_EVERY, REST * took)) return;
		const image = decodes && step < steps ? shrink(await decode(), PREVIEW_SIDE) : preview();
		last = performance.now();
		took = last - now;
		reports.preview(picture, step, steps, image);
	};
}
