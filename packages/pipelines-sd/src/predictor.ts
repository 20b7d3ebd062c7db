import { classifierFreeGuidance } from "@drum/diffusion";
import { composePlain } from "@drum/peca";
import { float32, type Tensor } from "@drum/tensor";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";
import type { StableDiffusion } from "./stable-diffusion.ts";

/** Conditions for each picture: of the prompt, and with guidance also of the negative prompt, `[pictures, tokens, width]`. */
export interface ConditionPair {
	positive: Tensor<"float32">;
	negative: Tensor<"float32"> | undefined;
}

export async function conditionPair(sd: StableDiffusion, run: Run, options: GenerateOptions): Promise<ConditionPair> {
	const { signal, negativePrompt = "", negativePromptEmbeds } = options;
	const plain = async (prompts: readonly string[]) =>
		(await composePlain(sd.mix, sd.encoders, prompts, signal)).promptEmbeds;
	const positive = forPictures(run.condition?.promptEmbeds ?? (await plain(run.prompts!)), run.pictures);
	if (run.guidanceScale <= 1) return { positive, negative: undefined };
	const prompts = typeof negativePrompt === "string" ? [negativePrompt] : negativePrompt;
	const negative = forPictures(negativePromptEmbeds ?? (await plain(prompts)), run.pictures);
	return { positive, negative };
}

/** The denoiser with classifier-free guidance: each picture goes through it under both conditions. */
export function predictor(
	sd: StableDiffusion,
	{ pictures, latentDims, guidanceScale }: Run,
	{ positive, negative }: ConditionPair,
	signal: AbortSignal | undefined,
) {
	const encoderHiddenStates = negative ? stack(negative, positive) : positive;
	return async (sample: Float32Array, timestep: number): Promise<Float32Array> => {
		const feeds = { sample: float32(sample, [pictures, ...latentDims]), timestep, encoderHiddenStates };
		const { data } = await sd.unet.predict(feeds, { signal });
		return negative ? classifierFreeGuidance(data, guidanceScale) : data;
	};
}

/** Each row as often as it takes to have one for each picture. */
function forPictures({ data, dims }: Tensor<"float32">, pictures: number): Tensor<"float32"> {
	const [rows, ...rest] = dims as [number, ...number[]];
	const [times, size] = [pictures / rows, data.length / rows];
	const out = new Float32Array(pictures * size);
	for (let i = 0; i < pictures; i++)
		out.set(data.subarray(Math.floor(i / times) * size, Math.floor(i / times + 1) * size), i * size);
	return float32(out, [pictures, ...rest]);
}

function stack(a: Tensor<"float32">, b: Tensor<"float32">): Tensor<"float32"> {
	const data = new Float32Array(a.data.length + b.data.length);
	data.set(a.data);
	data.set(b.data, a.data.length);
	return float32(data, [a.dims[0]! + b.dims[0]!, ...a.dims.slice(1)]);
}
