import { parseConfig } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod/mini";

const extent = z.int().check(z.minimum(1), z.maximum(1_000_000));

const schema = z.object({
	_class_name: z._default(z.literal("SD3Transformer2DModel"), "SD3Transformer2DModel"),
	sample_size: z._default(extent, 128),
	patch_size: z._default(extent.check(z.maximum(64)), 2),
	in_channels: z._default(extent, 16),
	out_channels: z.nullish(extent),
	num_layers: z._default(extent.check(z.maximum(1000)), 18),
	attention_head_dim: z._default(extent, 64),
	num_attention_heads: z._default(extent, 18),
	joint_attention_dim: z._default(extent, 4096),
	caption_projection_dim: z._default(extent, 1152),
	pooled_projection_dim: z._default(extent, 2048),
	pos_embed_max_size: z._default(extent.check(z.maximum(4096)), 96),
	dual_attention_layers: z._default(z.array(z.int().check(z.minimum(0))), []),
	qk_norm: z.nullish(z.enum(["rms_norm", "layer_norm"])),
});

/** An SD 3 or 3.5 transformer's settings under `config.json`'s own names, and the sizes that follow from them. */
export interface SD3Config extends z.infer<typeof schema> {
	/** Width of a token, over all heads. */
	width: number;
}

/**
 * Reads `config.json` of an SD3Transformer2DModel.
 * @throws CheckpointError that names the field that is missing, out of range or not supported
 */
export function parseSD3Config(json: unknown, name: string): SD3Config {
	const config = parseConfig(schema, json, name, "the config.json of a Stable Diffusion 3 transformer");
	const width = config.num_attention_heads * config.attention_head_dim;
	const check = (field: keyof typeof config, holds: boolean, expected: string): void => {
		if (holds) return;
		throw new CheckpointError({ what: `${field} of ${name}`, expected, found: shown(config[field]) });
	};
	const { caption_projection_dim, out_channels, in_channels, num_layers, sample_size, patch_size } = config;
	check(
		"attention_head_dim",
		width % 4 === 0,
		"heads whose widths together are a multiple of 4, for sines and cosines",
	);
	check(
		"caption_projection_dim",
		caption_projection_dim === width,
		`${width}, attention_head_dim × num_attention_heads`,
	);
	check("out_channels", (out_channels ?? in_channels) === in_channels, `${in_channels}, as in_channels`);
	check("sample_size", sample_size % patch_size === 0, `a multiple of patch_size, ${patch_size}`);
	const layers = `layers from 0 to ${num_layers - 1}, each once`;
	const dual = new Set(config.dual_attention_layers);
	const known = [...dual].every((layer) => layer < num_layers) && dual.size === config.dual_attention_layers.length;
	check("dual_attention_layers", known, layers);
	return { ...config, width };
}
