import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod/mini";
import { activationName } from "../activations.ts";
import { parseConfig } from "../parse-config.ts";
import type { AutoencoderShape } from "./open-halves.ts";
import { scalingFactor, shiftFactor } from "./scaling.ts";

const extent = z.int().check(z.minimum(1), z.maximum(16_384));
/** A setting of which one value is supported. */
const only = <const T extends string | boolean | null>(value: T) => z._default(z.literal(value), value);

const schema = z.object({
	_class_name: only("AutoencoderKL"),
	in_channels: z._default(extent, 3),
	out_channels: z._default(extent, 3),
	block_out_channels: z.array(extent).check(z.minLength(1), z.maxLength(16)),
	down_block_types: z.optional(z.array(z.enum(["DownEncoderBlock2D", "AttnDownEncoderBlock2D"]))),
	up_block_types: z.array(z.enum(["UpDecoderBlock2D", "AttnUpDecoderBlock2D"])),
	layers_per_block: extent.check(z.maximum(100)),
	latent_channels: extent,
	norm_num_groups: z._default(extent, 32),
	act_fn: z._default(activationName, "silu"),
	mid_block_add_attention: z._default(z.boolean(), true),
	use_quant_conv: z._default(z.boolean(), true),
	use_post_quant_conv: z._default(z.boolean(), true),
	scaling_factor: z._default(scalingFactor, 0.18215),
	shift_factor: shiftFactor,
	/** Half precision overflows: compute in float32 on every device. */
	force_upcast: z._default(z.boolean(), true),
	latents_mean: z.nullish(z.array(z.number())),
	latents_std: z.nullish(z.array(z.number().check(z.positive()))),
	/** Pixels along a side that the model was trained on, and that a tile has. */
	sample_size: z.pipe(
		z._default(z.union([extent, z.array(extent).check(z.minLength(1))]), 32),
		z.transform((size) => (typeof size === "number" ? size : size[0]!)),
	),
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
	const config = parseConfig(schema, json, name, "the config.json of an AutoencoderKL");
	const { block_out_channels: channels, up_block_types, norm_num_groups } = config;
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
	checkStatistics(config, name);
	return config;
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
