import type { GenerateOptions, Image, Profile, SchedulerName, Step } from "@drum/pipeline";
import type { JobProgress, Model, PicturesRequest } from "../api/index.ts";
import { shrink } from "./shrink.ts";

/** Takes reports of how far a picture is. */
interface Reports {
	progress(progress: JobProgress): void;
	preview(place: number, step: number, total: number, image: Image): void;
}

/** What a request asks of the library, with the model's defaults where it leaves something open. */
export function drawingOptions(request: PicturesRequest, defaults: Model["defaults"]): GenerateOptions {
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

/** The dial of dislikes, for a profile that has some: one without would be told that it has no effect. */
export function dislikesOf(
	profile: Pick<Profile, "negativeCoreset"> | undefined,
	{ negativeAlpha }: PicturesRequest,
): { negativeAlpha?: number } {
	return profile?.negativeCoreset.length && negativeAlpha !== undefined ? { negativeAlpha } : {};
}

/** Milliseconds between two previews, which are made only where they will be shown. */
const PREVIEW_EVERY = 125;

/** Pixels along the longer side of one that is decoded. */
const PREVIEW_SIDE = 256;
/** So many times as long as the last one took to decode, the next waits: drawing has the rest. */
const REST = 4;

/** `decodes` shows pictures by the pipeline's VAE for previews in place of thumbnails. */
export function stepReports(picture: number, reports: Reports, decodes: boolean): (step: Step) => Promise<void> {
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
