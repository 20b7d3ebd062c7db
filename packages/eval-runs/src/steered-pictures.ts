import type { GeneratedImage } from "@drum/diffusion";
import { fabric, type VisualPreferences, viper } from "@drum/eval";
import type { DiffusionPipeline, GenerateOptions } from "@drum/pipeline";
import { feedbackOf } from "./feedback-pictures.ts";
import type { Steered } from "./methods.ts";
import type { NumberedUser } from "./study-options.ts";

export interface SteeredRun {
	readonly pipeline: DiffusionPipeline;
	readonly user: NumberedUser;
	/** ViPer's; undefined where the language model had no answer of use: then the prompts are drawn as they are. */
	readonly preferences: VisualPreferences | undefined;
	/** One for each target. */
	readonly seeds: readonly number[];
	/** Of the pictures that FABRIC looks at. */
	readonly feedbackSeed: number;
	readonly options: GenerateOptions;
}

/** Pictures of a method that steers the network itself. */
export async function steeredPictures({ name }: Steered, run: SteeredRun): Promise<GeneratedImage[]> {
	const { pipeline, user, preferences, seeds, feedbackSeed, options } = run;
	if (name === "viper") {
		const own = { ...options, seed: [...seeds] };
		const drawn = preferences
			? viper(pipeline, user.targets, { ...own, preferences })
			: pipeline.generate(user.targets, own);
		return (await drawn).images;
	}
	const feedback = await feedbackOf(user, pipeline, { ...options, seed: feedbackSeed });
	const images: GeneratedImage[] = [];
	// FABRIC takes one seed for all pictures of a call.
	for (const [i, prompt] of user.targets.entries()) {
		const result = await fabric(pipeline, prompt, { ...feedback, ...options, seed: seeds[i]! });
		images.push(...result.images);
	}
	return images;
}
