import { GeneratedImage, type Image } from "@drum/diffusion";
import { type Condition, checkPrompts } from "@drum/peca";
import {
	type DiffusionPipeline,
	type GenerateOptions,
	type GenerateResult,
	generate,
	type Predict,
	type RunParts,
} from "@drum/pipeline";
import { UNet2DCondition } from "@drum/pipelines-sd";
import { ArgumentError, float32, shown, type Tensor } from "@drum/tensor";
import { checkPictures, latentsOf } from "./feedback-latents.ts";
import {
	type CheckedSchedule,
	checkSchedule,
	type FabricSchedule,
	weightAt,
	weightsByDepth,
	withoutSchedule,
} from "./schedule.ts";

// von Rütte et al., "FABRIC: Personalizing Diffusion Models with Iterative Feedback", as diffusers' community pipeline has it:
// https://github.com/huggingface/diffusers/blob/58eb52c/examples/community/pipeline_fabric.py

export interface FabricOptions extends FabricSchedule, GenerateOptions {
	/** Pictures whose features are to appear, of any size; they are resized to the picture's, whatever their proportions. */
	liked?: readonly Image[] | undefined;
	/** Pictures whose features are not to. */
	disliked?: readonly Image[] | undefined;
	/** One for all pictures, which look at the same feedback. */
	seed?: number | undefined;
}

/**
 * Draws pictures as `pipeline.generate` does, with the network's self-attention looking at liked and disliked pictures too (FABRIC).
 * Stable Diffusion 1 and 2. The seed is `torch.manual_seed` before the community pipeline: latents first, then the pictures' own.
 * Without feedback, or where all weights are 0, the picture is that of `pipeline.generate`.
 * @throws ArgumentError for another model, a wrong option or a picture that is none, before anything is loaded; CheckpointError for a VAE
 * without an encoder; the signal's reason.
 */
export async function fabric(
	pipeline: DiffusionPipeline,
	prompt: string | readonly string[] | Condition,
	options: FabricOptions = {},
): Promise<GenerateResult> {
	const unet = unetOf(pipeline);
	const { liked = [], disliked = [], ...others } = options;
	const rest = withoutSchedule(others);
	const schedule = checkSchedule(options);
	checkPictures("liked", liked);
	checkPictures("disliked", disliked);
	await checkRun(pipeline, prompt, rest);
	if (liked.length + disliked.length === 0 || Math.max(schedule.minWeight, schedule.maxWeight) === 0) {
		return generate(pipeline, prompt, rest);
	}
	const { signal } = options;
	const { promptEmbeds: nothing } = await pipeline.encodePrompt("", { signal });
	const method = async (parts: RunParts) => {
		const latents = await encoded(pipeline, liked, disliked, parts, signal);
		return feedbackPredict({ unet, schedule, latents, nothing, signal }, parts);
	};
	const { images, ...drawn } = await generate(pipeline, prompt, rest, method);
	const more = { method: "FABRIC", liked: liked.length, disliked: disliked.length, ...schedule };
	return {
		images: images.map((image) => new GeneratedImage(image, { ...image.parameters, ...more }, image.sourceType)),
		...drawn,
	};
}

function unetOf({ denoiser, model }: DiffusionPipeline): UNet2DCondition {
	if (denoiser instanceof UNet2DCondition && denoiser.pooledWidth === undefined) return denoiser;
	const next = "FABRIC is made for networks with self-attention at every resolution and one condition";
	throw new ArgumentError({ what: "pipeline", expected: "Stable Diffusion 1 or 2", found: model.name, next });
}

async function checkRun(
	pipeline: DiffusionPipeline,
	prompt: string | readonly string[] | Condition,
	options: GenerateOptions,
): Promise<void> {
	const given = typeof prompt === "object" && prompt !== null && "promptEmbeds" in prompt;
	await pipeline.checkOptions(options, given ? (prompt.promptEmbeds?.dims?.[0] ?? 1) : checkPrompts(prompt).length);
	const { seed, cache, guidanceScale = pipeline.model.defaults.guidanceScale } = options;
	if (cache !== undefined) throw new ArgumentError({ what: "cache", expected: "none for FABRIC", found: shown(cache) });
	if (typeof (seed ?? 0) !== "number") {
		throw new ArgumentError({ what: "seed", expected: "one for all pictures", found: "a list" });
	}
	if (guidanceScale > 1) return;
	const next = "Liked pictures act on the prompt's half of guidance, disliked ones on the other";
	throw new ArgumentError({ what: "guidanceScale", expected: "a number above 1", found: shown(guidanceScale), next });
}

/** Latents of liked pictures, then of disliked ones. */
async function encoded(
	{ vae, offload }: DiffusionPipeline,
	liked: readonly Image[],
	disliked: readonly Image[],
	{ noise, latentDims: dims }: RunParts,
	signal: AbortSignal | undefined,
): Promise<FeedbackLatents> {
	const options = { dims, draw: (shape: readonly number[]) => noise.shared(shape), signal };
	try {
		return [await latentsOf(vae, liked, options), await latentsOf(vae, disliked, options)];
	} finally {
		if (offload) await vae.release();
	}
}

type FeedbackLatents = readonly [liked: Tensor<"float32">, disliked: Tensor<"float32">];

interface Method {
	unet: UNet2DCondition;
	schedule: CheckedSchedule;
	latents: FeedbackLatents;
	/** The condition of an empty prompt, which feedback is seen under. */
	nothing: Tensor<"float32">;
	signal: AbortSignal | undefined;
}

function feedbackPredict(method: Method, { scheduler, noise, latentDims }: RunParts): Predict {
	const { unet, schedule, latents, nothing, signal } = method;
	const [likedSize, dislikedSize] = latents.map(({ data }) => data.length) as [number, number];
	const known = new Float32Array(likedSize + dislikedSize);
	known.set(latents[0].data);
	known.set(latents[1].data, likedSize);
	const calls = scheduler.timesteps.length;
	const dims = [latents[0].dims[0]! + latents[1].dims[0]!, ...latentDims];
	return async (feeds, i) => {
		const weight = weightAt(schedule, i, calls);
		if (weight === 0) return unet.predict(feeds, { signal });
		// At the noise level of the step, each time with noise of its own.
		const noised = scheduler.scaleModelInput(scheduler.addNoise(known, noise.shared(dims), i), i);
		const feedback = {
			liked: float32(noised.subarray(0, likedSize), latents[0].dims),
			disliked: float32(noised.subarray(likedSize), latents[1].dims),
			encoderHiddenStates: nothing,
			weights: weightsByDepth(schedule, weight, unet.depths),
		};
		return unet.predictWithFeedback(feeds, feedback, { signal });
	};
}
