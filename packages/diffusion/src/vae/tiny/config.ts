import { CheckpointError } from "@drum/tensor";
import * as z from "zod/mini";
import { activationName } from "../../activations.ts";
import { parseConfig } from "../../parse-config.ts";
import type { AutoencoderShape } from "../open-halves.ts";
import { scalingFactor, shiftFactor } from "../scaling.ts";

const extent = z.int().check(z.minimum(1), z.maximum(16_384));
const widths = z.array(extent).check(z.minLength(1), z.maxLength(16));
const depths = z.array(z.int().check(z.minimum(0), z.maximum(100))).check(z.minLength(1), z.maxLength(16));

const schema = z.object({
	_class_name: z.literal("AutoencoderTiny"),
	in_channels: z._default(extent, 3),
	out_channels: z._default(extent, 3),
	encoder_block_out_channels: z._default(widths, [64, 64, 64, 64]),
	decoder_block_out_channels: z._default(widths, [64, 64, 64, 64]),
	act_fn: z._default(activationName, "relu"),
	upsample_fn: z._default(z.literal("nearest"), "nearest"),
	latent_channels: z._default(extent, 4),
	upsampling_scaling_factor: z._default(z.literal(2), 2),
	num_encoder_blocks: z._default(depths, [1, 3, 3, 3]),
	num_decoder_blocks: z._default(depths, [3, 3, 3, 1]),
	/** Published files need no scaling. */
	scaling_factor: z._default(scalingFactor, 1),
	shift_factor: shiftFactor,
});

/** AutoencoderTiny's settings under `config.json`'s own names. */
export type TinyVaeConfig = z.infer<typeof schema>;

/**
 * Reads `config.json` of an AutoencoderTiny.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseTinyVaeConfig(json: unknown, name: string): TinyVaeConfig {
	const config = parseConfig(schema, json, name, "the config.json of an AutoencoderTiny");
	for (const half of ["encoder", "decoder"] as const) {
		const [channels, blocks] = [config[`${half}_block_out_channels`], config[`num_${half}_blocks`]];
		if (channels.length === blocks.length && new Set(channels).size === 1) continue;
		throw new CheckpointError({
			what: `${half}_block_out_channels of ${name}`,
			expected: `${blocks.length} equal numbers, one for each of num_${half}_blocks`,
			found: channels.join(", "),
		});
	}
	return config;
}

/** The extents that follow from the settings. */
export function tinyShapeOf(config: TinyVaeConfig): AutoencoderShape {
	const { latent_channels, in_channels, out_channels, decoder_block_out_channels } = config;
	const scale = 2 ** (decoder_block_out_channels.length - 1);
	return { latentChannels: latent_channels, inChannels: in_channels, outChannels: out_channels, scale };
}
