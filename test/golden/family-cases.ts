import { DiffusionPipeline, type GenerateOptions } from "@drum/pipeline";
import { DEVICE, fixture } from "./pictures.ts";
import { MODELS, type RunCase, runOptions } from "./run-cases.ts";

/** A whole run of diffusers' pipeline of one family, by tooling/golden/pipeline.py. */
export interface FamilyCase extends RunCase {
	num_images_per_prompt?: number;
	scheduler?: GenerateOptions["scheduler"];
	scheduler_config?: Record<string, unknown>;
	guidance_rescale?: number;
	true_cfg_scale?: number;
	skip_guidance_layers?: number[];
	skip_layer_guidance_scale?: number;
	skip_layer_guidance_start?: number;
	skip_layer_guidance_stop?: number;
	max_sequence_length?: number;
	original_size?: [number, number];
	crops_coords_top_left?: [number, number];
	target_size?: [number, number];
	negative_original_size?: [number, number];
	negative_crops_coords_top_left?: [number, number];
	negative_target_size?: [number, number];
	/** Whether the prompts' conditions are there. */
	conditions?: boolean;
}

/** Under diffusers' names in camelCase. */
export function optionsOf(each: FamilyCase): GenerateOptions {
	return {
		...runOptions(each),
		numImagesPerPrompt: each.num_images_per_prompt,
		scheduler: each.scheduler,
		guidanceRescale: each.guidance_rescale,
		trueCfgScale: each.true_cfg_scale,
		skipGuidanceLayers: each.skip_guidance_layers,
		skipLayerGuidanceScale: each.skip_layer_guidance_scale,
		skipLayerGuidanceStart: each.skip_layer_guidance_start,
		skipLayerGuidanceStop: each.skip_layer_guidance_stop,
		originalSize: each.original_size,
		cropsCoordsTopLeft: each.crops_coords_top_left,
		targetSize: each.target_size,
		negativeOriginalSize: each.negative_original_size,
		negativeCropsCoordsTopLeft: each.negative_crops_coords_top_left,
		negativeTargetSize: each.negative_target_size,
	};
}

export function openFamily({ checkpoint, scheduler_config, max_sequence_length }: FamilyCase, device = DEVICE) {
	return DiffusionPipeline.fromPretrained(fixture(checkpoint), {
		...{ models: MODELS, device },
		schedulerConfig: scheduler_config,
		maxSequenceLength: max_sequence_length,
	});
}
