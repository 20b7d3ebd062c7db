import { createScheduler, parseVaeConfig, SCHEDULER_NAMES } from "@drum/diffusion";
import { parseCLIPTextConfig } from "@drum/encoders-clip";
import { CheckpointError } from "@drum/tensor";
import { parseUNetConfig } from "./unet/config.ts";

/** The contents of a checkpoint's configuration files. */
export interface Configs {
	textEncoder: unknown;
	unet: unknown;
	vae: unknown;
	scheduler: unknown;
}

/**
 * Checks each component's configuration, and that the components fit together; `name` is the checkpoint's, for messages.
 * @throws CheckpointError naming the field that is missing, out of range, not supported, or another than its neighbour's.
 */
export function checkConfigs(name: string, configs: Configs): void {
	const { hidden_size } = parseCLIPTextConfig(configs.textEncoder, `${name}/text_encoder/config.json`);
	const { cross_attention_dim, in_channels, out_channels } = parseUNetConfig(configs.unet, `${name}/unet`);
	const { latent_channels } = parseVaeConfig(configs.vae, `${name}/vae`);
	const fit = (field: string, found: number, expected: number, whose: string): void => {
		if (found === expected) return;
		throw new CheckpointError({
			what: `${field} of ${name}/unet`,
			expected: `${expected}, the ${whose}`,
			found: String(found),
			next: "This package runs Stable Diffusion 1 and 2",
		});
	};
	fit("cross_attention_dim", cross_attention_dim[0]!, hidden_size, "text encoder's hidden_size");
	fit("in_channels", in_channels, latent_channels, "VAE's latent_channels");
	fit("out_channels", out_channels, latent_channels, "VAE's latent_channels");
	checkScheduler(configs.scheduler);
}

/** A file that no sampler can read is refused; one of an unknown sampler will do, because another can be chosen for each call. */
function checkScheduler(config: unknown): void {
	const failures: unknown[] = [];
	for (const name of [undefined, ...SCHEDULER_NAMES]) {
		try {
			createScheduler(config, 4, { name, noise: (size) => new Float32Array(size) });
			return;
		} catch (error) {
			failures.push(error);
		}
	}
	throw failures[0];
}

/**
 * The scheduler's settings as diffusers' StableDiffusionPipeline uses them: of the class that `model_index.json` lists, and with
 * two settings put right that early files lack. `listed` is that file's entry, `["diffusers", class]`.
 */
export function amendScheduler(config: unknown, listed: unknown): unknown {
	if (typeof config !== "object" || config === null || Array.isArray(config)) return config;
	const className = Array.isArray(listed) && typeof listed[1] === "string" ? { _class_name: listed[1] } : {};
	return { ...config, ...className, steps_offset: 1, clip_sample: false };
}
