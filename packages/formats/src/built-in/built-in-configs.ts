import { checkNames, namesOf } from "@drum/tensor";
import type { ModelKind } from "../kinds/denoisers.ts";
import type { Json } from "./json.ts";
import { BUILT_IN, type BuiltInModel } from "./models.ts";

/** Facts about a model that its tensors' shapes do not show. */
export interface BuiltInOptions {
	/**
	 * What the denoiser predicts. Default: v for Stable Diffusion 2, unless `globalStep` shows that it is the base model; noise for all others.
	 * With `"epsilon"`, Stable Diffusion 2 is the base model for pictures of 512 pixels.
	 */
	readonly predictionType?: "epsilon" | "v_prediction" | undefined;
	/** Whether its last training step is pure noise. */
	readonly zeroTerminalSnr?: boolean | undefined;
	/** The value of the file's tensor `global_step`. */
	readonly globalStep?: number | undefined;
	/** Folders of parts to leave out, such as `text_encoder_3`. */
	readonly without?: readonly string[] | undefined;
}

const OPTIONS = namesOf<BuiltInOptions>({
	predictionType: true,
	zeroTerminalSnr: true,
	globalStep: true,
	without: true,
});

/** The training steps of Stable Diffusion 2's base model, by which diffusers recognises it. */
const SD2_BASE_STEPS = 875_000;

/**
 * The configurations of a foundation model's published checkpoint, as parsed files by their paths in the hub's layout: `model_index.json`,
 * `unet/config.json` and so on. Vocabularies are in the encoders' packages. Undefined for models that are only recognised.
 */
export function builtInConfigs(kind: ModelKind, options: BuiltInOptions = {}): Record<string, Json> | undefined {
	checkNames("builtInConfigs", options, OPTIONS);
	const model = BUILT_IN[kind];
	if (!model) return undefined;
	const { predictionType = predicts(kind, options), zeroTerminalSnr = false, without = [] } = options;
	const chosen = told(kind, model, predictionType);
	const { denoiser, scheduler } = chosen;
	const folder = denoiser._class_name === "UNet2DConditionModel" ? "unet" : "transformer";
	const configs: Record<string, Json> = {
		"model_index.json": indexOf(chosen, folder, without),
		[`${folder}/config.json`]: denoiser,
		"vae/config.json": model.vae,
		"scheduler/scheduler_config.json": {
			...scheduler,
			...(predictionType && { prediction_type: predictionType }),
			...(zeroTerminalSnr && { rescale_betas_zero_snr: true }),
		},
	};
	for (const [i, [config, tokenizer]] of model.encoders.entries()) {
		configs[`text_encoder${suffix(i)}/config.json`] = config;
		configs[`tokenizer${suffix(i)}/tokenizer_config.json`] = tokenizer;
	}
	const isThere = (path: string) => !without.some((part) => path.startsWith(`${part}/`));
	return Object.fromEntries(Object.entries(configs).filter(([path]) => isThere(path)));
}

/** Decides as diffusers' `from_single_file`. Undefined to keep the scheduler's configuration. */
function predicts(kind: ModelKind, { globalStep }: BuiltInOptions): "epsilon" | undefined {
	return kind === "sd2" && globalStep === SD2_BASE_STEPS ? "epsilon" : undefined;
}

/** Stable Diffusion 2's base model has a smaller size and another sampler. https://huggingface.co/stabilityai/stable-diffusion-2-1-base */
function told(kind: ModelKind, model: BuiltInModel, predictionType: string | undefined): BuiltInModel {
	if (kind !== "sd2" || predictionType !== "epsilon") return model;
	return { ...model, denoiser: { ...model.denoiser, sample_size: 64 }, scheduler: BUILT_IN.sd1!.scheduler };
}

function indexOf(model: BuiltInModel, folder: string, without: readonly string[]): Json {
	const encoders = model.encoders.flatMap(([{ architectures }, { tokenizer_class }], i): [string, unknown][] => [
		[`text_encoder${suffix(i)}`, ["transformers", (architectures as string[])[0]]],
		[`tokenizer${suffix(i)}`, ["transformers", tokenizer_class]],
	]);
	const parts = {
		...Object.fromEntries(encoders),
		scheduler: ["diffusers", model.scheduler._class_name],
		[folder]: ["diffusers", model.denoiser._class_name],
		vae: ["diffusers", model.vae._class_name],
		...Object.fromEntries(without.map((part) => [part, [null, null]])),
	};
	return { _class_name: model.pipeline, ...model.index, ...parts };
}

/** The suffix of the folder of the first, second or third encoder. */
function suffix(i: number): string {
	return i === 0 ? "" : `_${i + 1}`;
}
