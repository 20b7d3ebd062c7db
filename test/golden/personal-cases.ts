import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { DEVICE, fixture } from "./pictures.ts";

/** A personalised run: the authors' conditions, drawn by diffusers' pipelines, by tooling/golden/personal.py. */
export interface PersonalCase {
	key: string;
	checkpoint: string;
	prompt: string[];
	negative_prompt: string | string[] | null;
	seed: number;
	steps: number;
	guidance_scale: number;
	true_cfg_scale?: number;
	height: number;
	width: number;
	personal: { references: string[]; intensities: number[] | null; alpha: number };
	/** Whether the condition is there. */
	conditions?: boolean;
}

/** A checkpoint with the adapters attached. */
export async function openDrum(checkpoint: string) {
	const models = [...STABLE_DIFFUSION, ...FLUX];
	const pipeline = await DiffusionPipeline.fromPretrained(fixture(checkpoint), { models, device: DEVICE });
	const drum = await DrUM.attach(pipeline, { adapters: fixture("adapters") });
	return { drum, release: () => pipeline.release() };
}

/** The profile of a run's references, all of which are used. */
export function profileOf(drum: DrUM, { personal: { references, intensities } }: PersonalCase) {
	const history = references.map((prompt, i) => ({ prompt, intensity: intensities?.[i] }));
	return drum.profile(history, { ratio: 1 });
}

/** Under diffusers' names in camelCase. */
export function personalOptionsOf(settings: PersonalCase) {
	return {
		negativePrompt: settings.negative_prompt ?? undefined,
		seed: settings.seed,
		numInferenceSteps: settings.steps,
		guidanceScale: settings.guidance_scale,
		trueCfgScale: settings.true_cfg_scale,
		height: settings.height,
		width: settings.width,
	};
}
