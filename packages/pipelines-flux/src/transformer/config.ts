import { parseConfig } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod/mini";

/** FLUX was trained with about 1024 × 1024 pixels. No configuration contains this. */
export const FLUX_SAMPLE_SIZE = [128, 128] as const;

const extent = z.int().check(z.minimum(1), z.maximum(1_000_000));
const layers = z.int().check(z.minimum(1), z.maximum(1000));

const schema = z.object({
	_class_name: z._default(z.literal("FluxTransformer2DModel"), "FluxTransformer2DModel"),
	patch_size: z._default(z.literal(1), 1),
	/** Channels of a patch of 2 × 2 latents. */
	in_channels: z._default(extent.check(z.multipleOf(4)), 64),
	out_channels: z.nullish(extent),
	num_layers: z._default(layers, 19),
	num_single_layers: z._default(layers, 38),
	attention_head_dim: z._default(extent, 128),
	num_attention_heads: z._default(extent, 24),
	joint_attention_dim: z._default(extent, 4096),
	pooled_projection_dim: z._default(extent, 768),
	guidance_embeds: z._default(z.boolean(), false),
	axes_dims_rope: z._default(z.array(z.int().check(z.minimum(2), z.multipleOf(2))).check(z.length(3)), [16, 56, 56]),
});

/** A FLUX transformer's settings under `config.json`'s own names, and the sizes that follow from them. */
export interface FluxConfig extends Omit<z.infer<typeof schema>, "out_channels"> {
	heads: number;
	headWidth: number;
	/** Width of the tokens inside the transformer. */
	width: number;
}

/**
 * Reads `config.json` of a FluxTransformer2DModel that makes pictures from text: FLUX.1 [dev] and [schnell].
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseFluxConfig(json: unknown, name: string): FluxConfig {
	const { out_channels, ...settings } = parseConfig(schema, json, name, "the config.json of a FLUX transformer");
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
