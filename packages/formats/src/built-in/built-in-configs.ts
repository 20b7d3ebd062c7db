import { checkNames, namesOf } from "@drum/tensor";
import type { ModelKind } from "../kinds/denoisers.ts";
import type { Json } from "./json.ts";
import { BUILT_IN, type BuiltInModel } from "./models.ts";

/** What a model's file may say, or its user, and its tensors' shapes do not. */
export interface BuiltInOptions {
	/**
	 * What the denoiser predicts. Default: noise, and v for Stable Diffusion 2, unless `globalStep` says that it is its base model. With
	 * `"epsilon"` Stable Diffusion 2 is its base model, for pictures of 512 pixels.
	 */
	readonly predictionType?: "epsilon" | "v_prediction" | undefined;
	/** Whether it was trained up to noise alone. */
	readonly zeroTerminalSnr?: boolean | undefined;
	/** The file's tensor `global_step`. */
	readonly globalStep?: number | undefined;
	/** Folders of parts that the checkpoint is to be without, as `text_encoder_3`. */
	readonly without?: readonly string[] | undefined;
}

const OPTIONS = namesOf<BuiltInOptions>({
	predictionType: true,
	zeroTerminalSnr: true,
	globalStep: true,
	without: true,
});

/** Steps that Stable Diffusion 2's base model had behind it, by which diffusers tells it. */
const SD2_BASE_STEPS = 875_000;

/**
 * The configurations of a foundation model's published checkpoint, as files of the hub's layout: `model_index.json`,
 * `unet/config.json` and so on, by path. Vocabularies are in the encoders' packages. Undefined for models that are only named.
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

/** As diffusers' `from_single_file` decides it; undefined for what the scheduler's configuration says. */
function predicts(kind: ModelKind, { globalStep }: BuiltInOptions): "epsilon" | undefined {
	return kind === "sd2" && globalStep === SD2_BASE_STEPS ? "epsilon" : undefined;
}

/** Stable Diffusion 2's base model is smaller and has another sampler. https://huggingface.co/stabilityai/stable-diffusion-2-1-base */
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

/** Of the folder of the first, second or third encoder. */
function suffix(i: number): string {
	return i === 0 ? "" : `_${i + 1}`;
}
