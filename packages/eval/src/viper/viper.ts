import type { VisualPreferences } from "@drum/captions";
import type { DenoiserFeeds } from "@drum/diffusion";
import { GeneratedImage } from "@drum/diffusion";
import { checkPrompts } from "@drum/peca";
import {
	type DiffusionPipeline,
	type GenerateOptions,
	type GenerateResult,
	generate,
	type Predict,
} from "@drum/pipeline";
import { UNet2DCondition } from "@drum/pipelines-sd";
import { ArgumentError, float32, shown, type Tensor } from "@drum/tensor";

// Salehi et al., "ViPer: Visual Personalization of Generative Models via Individual Preference Learning", as the authors' pipeline has it:
// https://github.com/EPFL-VILAB/ViPer/blob/099a53924a07d33edec4ab5c68586ccf7d9f7cd0/pipeline_stable_diffusion_xl.py

export interface ViPerOptions extends GenerateOptions {
	/** What pictures are to have, and what not; each list becomes a prompt. One of them may be empty. */
	readonly preferences: VisualPreferences;
	/** How much liked attributes count, from 0. Default 0.85, as in the authors' code. */
	readonly degreeLiked?: number | undefined;
	/** The same of disliked ones. Default 0.85. */
	readonly degreeDisliked?: number | undefined;
}

const DEGREE = 0.85;
/** What is larger is far from any picture. */
const MOST = 100;

/** What changes the sum that ViPer is, or the conditions that it adds to. */
const OTHERS = [
	...["cache", "guidanceStart", "guidanceEnd", "guidanceRescale", "promptSyntax", "skipGuidanceLayers"],
	"negativePromptEmbeds",
] as const satisfies (keyof GenerateOptions)[];

/**
 * Draws pictures as `pipeline.generate` does, led to liked attributes and away from disliked ones (ViPer): their conditions are added to the
 * prompt's and the negative prompt's, and guidance takes predictions under them alone beside. Stable Diffusion 1, 2 and XL; each step
 * calls the network twice. An empty negative prompt is the default and is encoded, as the authors do.
 * Their code is for XL; on 1 and 2 it is the same sum. With both degrees 0, the picture is that of `pipeline.generate` with `negativePrompt: ""`.
 * @throws ArgumentError for another model, a wrong degree, preferences that are none, or an option that does not go with it, before
 * anything is loaded; the signal's reason.
 */
export async function viper(
	pipeline: DiffusionPipeline,
	prompt: string | readonly string[],
	options: ViPerOptions,
): Promise<GenerateResult> {
	const unet = unetOf(pipeline);
	const { preferences, degreeLiked = DEGREE, degreeDisliked = DEGREE, ...rest } = options;
	const { liked, disliked } = promptsOf(preferences);
	const degrees = { liked: degreeOf(degreeLiked, "degreeLiked"), disliked: degreeOf(degreeDisliked, "degreeDisliked") };
	const own = { negativePrompt: "", ...rest };
	await checkRun(pipeline, prompt, own);
	if (degreeLiked === 0 && degreeDisliked === 0) return generate(pipeline, prompt, own);
	const { signal, clipSkip } = options;
	const method = async () => {
		const { promptEmbeds } = await pipeline.encodePrompt([disliked, liked], { signal, ...(clipSkip && { clipSkip }) });
		if (pipeline.offload) await pipeline.releaseEncoders();
		const predict = (feeds: DenoiserFeeds) => unet.predict(feeds, { signal });
		return viperPredict(predict, promptEmbeds, degrees);
	};
	const { images, ...drawn } = await generate(pipeline, prompt, own, method);
	const more = { method: "ViPer", liked, disliked, degreeLiked, degreeDisliked };
	return { images: images.map((image) => new GeneratedImage(image, { ...image.parameters, ...more })), ...drawn };
}

/** Each list as a prompt. */
function promptsOf(preferences: VisualPreferences): { liked: string; disliked: string } {
	const { liked, disliked } = (preferences ?? {}) as Partial<VisualPreferences>;
	const texts = [liked, disliked].map((list) =>
		Array.isArray(list) && list.every((each) => typeof each === "string") ? list.join(", ") : undefined,
	);
	if (texts[0] !== undefined && texts[1] !== undefined && texts.join("").trim() !== "")
		return { liked: texts[0], disliked: texts[1] };
	const expected = "{ liked, disliked } as lists of attributes, not both empty";
	throw new ArgumentError({ what: "preferences", expected, found: shown(preferences) });
}

function unetOf({ denoiser, model }: DiffusionPipeline): UNet2DCondition {
	if (denoiser instanceof UNet2DCondition) return denoiser;
	const next = "ViPer adds to the condition of a network with guidance, as its authors do on XL";
	throw new ArgumentError({ what: "pipeline", expected: "Stable Diffusion 1, 2 or XL", found: model.name, next });
}

function degreeOf(value: unknown, what: string): number {
	if (typeof value === "number" && value >= 0 && value <= MOST) return value;
	throw new ArgumentError({ what, expected: `a number from 0 to ${MOST}`, found: shown(value) });
}

async function checkRun(
	pipeline: DiffusionPipeline,
	prompt: string | readonly string[],
	options: GenerateOptions,
): Promise<void> {
	for (const name of OTHERS)
		if (options[name] !== undefined)
			throw new ArgumentError({ what: name, expected: "none for ViPer", found: shown(options[name]) });
	await pipeline.checkOptions(options, checkPrompts(prompt).length);
	const { guidanceScale = pipeline.model.defaults.guidanceScale } = options;
	if (guidanceScale > 1) return;
	const next = "Liked attributes act on the prompt's half of guidance, disliked ones on the other";
	throw new ArgumentError({ what: "guidanceScale", expected: "a number above 1", found: shown(guidanceScale), next });
}

/**
 * With these predictions in their halves, guidance gives the authors' sum: ε_∅ + s·(ε_c + d⁺·ε⁺ − ε_∅ − d⁻·ε⁻), where ε_c and ε_∅ are
 * seen under the conditions with the preferences added, and ε⁺ and ε⁻ under the preferences alone.
 * @param preferences `[disliked, liked]` as conditions
 */
function viperPredict(
	predict: (feeds: DenoiserFeeds) => Promise<Tensor<"float32">>,
	preferences: Tensor<"float32">,
	degrees: { liked: number; disliked: number },
): Predict {
	return async (feeds) => {
		const { encoderHiddenStates } = feeds;
		const alone = repeated(preferences, encoderHiddenStates.dims);
		const [half, states] = [alone.data.length / 2, encoderHiddenStates.data];
		const weight = [Math.fround(degrees.disliked), Math.fround(degrees.liked)] as const;
		const added = states.map((value, i) => value + Math.fround(weight[i < half ? 0 : 1] * alone.data[i]!));
		const whole = await predict({ ...feeds, encoderHiddenStates: float32(added, encoderHiddenStates.dims) });
		const own = await predict({ ...feeds, encoderHiddenStates: alone });
		const size = whole.data.length / 2;
		const data = whole.data.slice();
		for (let i = 0; i < size; i++) {
			const towards = Math.fround(weight[1] * own.data[size + i]!);
			data[size + i] = Math.fround(data[size + i]! + towards) - Math.fround(weight[0] * own.data[i]!);
		}
		return float32(data, whole.dims);
	};
}

/** Each preference's condition for each picture, disliked ones first, as the denoiser is fed. */
function repeated({ data, dims }: Tensor<"float32">, [count, ...rest]: readonly number[]): Tensor<"float32"> {
	const [each, half] = [data.length / 2, count! / 2];
	if (dims.slice(1).join() !== rest.join())
		throw new ArgumentError({
			what: "preferences",
			expected: `[${rest.join(", ")}]`,
			found: `[${dims.slice(1).join(", ")}]`,
		});
	const out = new Float32Array(count! * each);
	for (let i = 0; i < count!; i++) out.set(data.subarray(i < half ? 0 : each, i < half ? each : 2 * each), i * each);
	return float32(out, [count!, ...rest]);
}
