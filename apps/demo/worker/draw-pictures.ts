import { type GenerateOptions, openPictures, type Profile } from "@drum/pipeline";
import type { Model, PicturesRequest } from "../api/index.ts";
import { readInputs } from "../store/inputs.ts";
import type { Store } from "../store/open-store.ts";
import { keepPicture, storedPictures, storePicture } from "../store/pictures.ts";
import { addWarnings } from "../store/warnings.ts";
import type { Claim } from "../store/work.ts";
import { dislikesOf, drawingOptions, stepReports } from "./drawing-options.ts";
import type { OpenModel } from "./models.ts";
import { jobDamaged } from "./problems.ts";
import type { Reports } from "./reports.ts";

export interface Drawing {
	readonly store: Store;
	readonly claim: Claim;
	readonly model: OpenModel;
	readonly defaults: Model["defaults"];
	readonly reports: Reports;
	readonly signal: AbortSignal;
	/** Whether its pictures tell nothing of the prompts that steered them. */
	readonly discreet: boolean;
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
			...drawingOptions(request, drawing.defaults),
			...given,
			seed,
			signal,
			onStep: stepReports(place, reports, model.pipeline.previewVae !== undefined),
		};
		const { images, warnings } = await model.drum.generate(
			request.prompt,
			alpha > 0 ? { ...options, profile, alpha, ...dislikesOf(profile, request) } : options,
		);
		const image = images[0]!;
		const { width, height } = image;
		const png = await image.toPng({ parameters: drawing.discreet ? "shareable" : "full" });
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
