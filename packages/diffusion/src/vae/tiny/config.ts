import { CheckpointError } from "@drum/tensor";
import * as z from "zod";
import { activationName } from "../../activations.ts";
import { configError } from "../config-error.ts";
import type { AutoencoderShape } from "../open-halves.ts";
import { scalingFactor, shiftFactor } from "../scaling.ts";

const extent = z.int().min(1).max(16_384);
const widths = z.array(extent).min(1).max(16);
const depths = z.array(z.int().min(0).max(100)).min(1).max(16);

const schema = z.object({
	_class_name: z.literal("AutoencoderTiny"),
	in_channels: extent.default(3),
	out_channels: extent.default(3),
	encoder_block_out_channels: widths.default([64, 64, 64, 64]),
	decoder_block_out_channels: widths.default([64, 64, 64, 64]),
	act_fn: activationName.default("relu"),
	upsample_fn: z.literal("nearest").default("nearest"),
	latent_channels: extent.default(4),
	upsampling_scaling_factor: z.literal(2).default(2),
	num_encoder_blocks: depths.default([1, 3, 3, 3]),
	num_decoder_blocks: depths.default([3, 3, 3, 1]),
	/** Published files need no scaling. */
	scaling_factor: scalingFactor.default(1),
	shift_factor: shiftFactor,
});

/** AutoencoderTiny's settings under `config.json`'s own names. */
export type TinyVaeConfig = z.infer<typeof schema>;

/**
 * Reads `config.json` of an AutoencoderTiny.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseTinyVaeConfig(json: unknown, name: string): TinyVaeConfig {
	const parsed = schema.safeParse(json);
	if (!parsed.success) throw configError(parsed.error, json, name, "the config.json of an AutoencoderTiny");
	for (const half of ["encoder", "decoder"] as const) {
		const [channels, blocks] = [parsed.data[`${half}_block_out_channels`], parsed.data[`num_${half}_blocks`]];
		if (channels.length === blocks.length && new Set(channels).size === 1) continue;
		throw new CheckpointError({
			what: `${half}_block_out_channels of ${name}`,
			expected: `${blocks.length} equal numbers, one for each of num_${half}_blocks`,
			found: channels.join(", "),
		});
	}
	return parsed.data;
}

/** The extents that follow from the settings. */
export function tinyShapeOf(config: TinyVaeConfig): AutoencoderShape {
	const { latent_channels, in_channels, out_channels, decoder_block_out_channels } = config;
	const scale = 2 ** (decoder_block_out_channels.length - 1);
	return { latentChannels: latent_channels, inChannels: in_channels, outChannels: out_channels, scale };
}
