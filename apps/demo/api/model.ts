import * as z from "zod";

/** A checkpoint that the service draws with. */
export const Model = z.object({
	/** Short name, for requests: `tiny`. */
	id: z.string(),
	/** As the checkpoint is named: `stable-diffusion-v1-5/stable-diffusion-v1-5`. */
	source: z.string(),
	/** The adapters' repository or folder. */
	adapters: z.string(),
	/** LoRAs that all its pictures have, and how much of each counts. */
	loras: z.array(z.object({ source: z.string(), scale: z.number() })).optional(),
	/** What it is: `Stable Diffusion 1`. */
	kind: z.string(),
	/** What its users should know of it. */
	note: z.string().optional(),
	/** Where a request leaves them open. */
	defaults: z.object({
		width: z.int(),
		height: z.int(),
		numInferenceSteps: z.int(),
		guidanceScale: z.number(),
		alpha: z.number(),
	}),
	/** Sides are multiples of it. */
	sizeMultiple: z.int(),
	/** Samplers that can take the place of the checkpoint's own. */
	schedulers: z.array(z.string()),
	/** Prompts that show what it can. */
	examples: z.array(z.string()),
});
export type Model = z.infer<typeof Model>;
