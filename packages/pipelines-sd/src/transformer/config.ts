import { configError } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";

const extent = z.int().min(1).max(1_000_000);

const schema = z.object({
	_class_name: z.literal("SD3Transformer2DModel").default("SD3Transformer2DModel"),
	sample_size: extent.default(128),
	patch_size: extent.max(64).default(2),
	in_channels: extent.default(16),
	out_channels: extent.nullish(),
	num_layers: extent.max(1000).default(18),
	attention_head_dim: extent.default(64),
	num_attention_heads: extent.default(18),
	joint_attention_dim: extent.default(4096),
	caption_projection_dim: extent.default(1152),
	pooled_projection_dim: extent.default(2048),
	pos_embed_max_size: extent.max(4096).default(96),
	dual_attention_layers: z.array(z.int().min(0)).default([]),
	qk_norm: z.enum(["rms_norm", "layer_norm"]).nullish(),
});

/** An SD 3 or 3.5 transformer's settings under `config.json`'s own names, and the sizes that follow from them. */
export interface SD3Config extends z.infer<typeof schema> {
	/** Of a token, in every head together. */
	width: number;
}

/**
 * Reads `config.json` of an SD3Transformer2DModel.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseSD3Config(json: unknown, name: string): SD3Config {
	const parsed = schema.safeParse(json);
	if (!parsed.success)
		throw configError(parsed.error, json, name, "the config.json of a Stable Diffusion 3 transformer");
	const config = parsed.data;
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
