import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";
import { activationName } from "../activations.ts";
import { configError } from "./config-error.ts";
import type { AutoencoderShape } from "./open-halves.ts";
import { scalingFactor, shiftFactor } from "./scaling.ts";

const extent = z.int().min(1).max(16_384);
/** A setting of which one value is supported. */
const only = <const T extends string | boolean | null>(value: T) => z.literal(value).default(value);

const schema = z.object({
	_class_name: only("AutoencoderKL"),
	in_channels: extent.default(3),
	out_channels: extent.default(3),
	block_out_channels: z.array(extent).min(1).max(16),
	down_block_types: z.array(z.enum(["DownEncoderBlock2D", "AttnDownEncoderBlock2D"])).optional(),
	up_block_types: z.array(z.enum(["UpDecoderBlock2D", "AttnUpDecoderBlock2D"])),
	layers_per_block: extent.max(100),
	latent_channels: extent,
	norm_num_groups: extent.default(32),
	act_fn: activationName.default("silu"),
	mid_block_add_attention: z.boolean().default(true),
	use_quant_conv: z.boolean().default(true),
	use_post_quant_conv: z.boolean().default(true),
	scaling_factor: scalingFactor.default(0.18215),
	shift_factor: shiftFactor,
	/** Half precision overflows: compute in float32 on every device. */
	force_upcast: z.boolean().default(true),
	latents_mean: z.array(z.number()).nullish(),
	latents_std: z.array(z.number().positive()).nullish(),
	/** Pixels along a side that the model was trained on, and that a tile has. */
	sample_size: z
		.union([extent, z.array(extent).min(1)])
		.default(32)
		.transform((size) => (typeof size === "number" ? size : size[0]!)),
});

/** AutoencoderKL's settings under `config.json`'s own names. */
export type VaeConfig = z.infer<typeof schema>;

/** The extents that follow from the settings. */
export function shapeOf({
	latent_channels,
	in_channels,
	out_channels,
	block_out_channels,
}: VaeConfig): AutoencoderShape {
	const scale = 2 ** (block_out_channels.length - 1);
	return { latentChannels: latent_channels, inChannels: in_channels, outChannels: out_channels, scale };
}

/**
 * Reads `config.json` of an AutoencoderKL.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseVaeConfig(json: unknown, name: string): VaeConfig {
	const parsed = schema.safeParse(json);
	if (!parsed.success) throw configError(parsed.error, json, name, "the config.json of an AutoencoderKL");
	const { block_out_channels: channels, up_block_types, norm_num_groups } = parsed.data;
	const ungrouped = channels.find((width) => width % norm_num_groups !== 0);
	if (ungrouped !== undefined) {
		throw new CheckpointError({
			what: `block_out_channels of ${name}`,
			expected: `multiples of norm_num_groups ${norm_num_groups}`,
			found: shown(ungrouped),
		});
	}
	if (up_block_types.length !== channels.length) {
		throw new CheckpointError({
			what: `up_block_types of ${name}`,
			expected: `${channels.length}, as block_out_channels has`,
			found: String(up_block_types.length),
		});
	}
	checkStatistics(parsed.data, name);
	return parsed.data;
}

function checkStatistics(
	{ latents_mean: mean, latents_std: deviation, latent_channels }: VaeConfig,
	name: string,
): void {
	if (!mean || !deviation || (mean.length === latent_channels && deviation.length === latent_channels)) return;
	throw new CheckpointError({
		what: `latents_mean and latents_std of ${name}`,
		expected: `${latent_channels} numbers each, one for each of latent_channels`,
		found: shown([mean, deviation]),
	});
}
