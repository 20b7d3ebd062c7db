import { configError } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";

const extent = z.int().min(1).max(1_000_000);
const layers = z.int().min(1).max(1000);

const schema = z.object({
	_class_name: z.literal("FluxTransformer2DModel").default("FluxTransformer2DModel"),
	patch_size: z.literal(1).default(1),
	/** Latents of a patch of two by two. */
	in_channels: extent.multipleOf(4).default(64),
	out_channels: extent.nullish(),
	num_layers: layers.default(19),
	num_single_layers: layers.default(38),
	attention_head_dim: extent.default(128),
	num_attention_heads: extent.default(24),
	joint_attention_dim: extent.default(4096),
	pooled_projection_dim: extent.default(768),
	guidance_embeds: z.boolean().default(false),
	axes_dims_rope: z.array(z.int().min(2).multipleOf(2)).length(3).default([16, 56, 56]),
});

/** A FLUX transformer's settings under `config.json`'s own names, and the sizes that follow from them. */
export interface FluxConfig extends Omit<z.infer<typeof schema>, "out_channels"> {
	heads: number;
	headWidth: number;
	/** Of the tokens inside. */
	width: number;
}

/**
 * Reads `config.json` of a FluxTransformer2DModel that makes pictures from text: FLUX.1 [dev] and [schnell].
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseFluxConfig(json: unknown, name: string): FluxConfig {
	const parsed = schema.safeParse(json);
	if (!parsed.success) throw configError(parsed.error, json, name, "the config.json of a FLUX transformer");
	const { out_channels, ...settings } = parsed.data;
	const { num_attention_heads: heads, attention_head_dim: headWidth, axes_dims_rope, in_channels } = settings;
	if (axes_dims_rope.reduce((sum, dim) => sum + dim, 0) !== headWidth) {
		throw new CheckpointError({
			what: `axes_dims_rope of ${name}`,
			expected: `a sum of ${headWidth}, attention_head_dim`,
			found: shown(axes_dims_rope),
		});
	}
	if (out_channels && out_channels !== in_channels) {
		throw new CheckpointError({
			what: `out_channels of ${name}`,
			expected: `${in_channels}, as in_channels`,
			found: shown(out_channels),
			next: "FLUX's editing models, which look at a second picture, are not supported",
		});
	}
	return { ...settings, heads, headWidth, width: heads * headWidth };
}
