import { ACTIVATION_NAMES, type ActivationName } from "@drum/graph";
import { check } from "@drum/tokens";
import * as z from "zod/mini";

const extent = z.int().check(z.minimum(1), z.maximum(1_000_000));

const GATED = "gated-";
const FEED_FORWARDS = ACTIVATION_NAMES.flatMap((name) => [name, `${GATED}${name}` as const]);

const schema = z.pipe(
	z
		.object({
			model_type: z._default(z.literal("t5"), "t5"),
			d_model: extent,
			d_kv: extent,
			d_ff: extent,
			num_layers: extent.check(z.maximum(1000)),
			num_heads: extent,
			vocab_size: extent,
			relative_attention_num_buckets: z._default(z.int().check(z.minimum(4), z.maximum(1024), z.multipleOf(4)), 32),
			relative_attention_max_distance: z._default(extent, 128),
			layer_norm_epsilon: z._default(z.number().check(z.positive(), z.maximum(1)), 1e-6),
			/** `"gated-gelu"` in version 1.1. `"relu"` in the first version, with one matrix fewer in each block. */
			feed_forward_proj: z._default(z.enum(FEED_FORWARDS), "relu"),
			dense_act_fn: z.optional(z.string()),
			is_gated_act: z.optional(z.boolean()),
		})
		.check(
			z.refine((config) => config.relative_attention_max_distance > config.relative_attention_num_buckets / 4, {
				path: ["relative_attention_max_distance"],
				error: "more than a quarter of relative_attention_num_buckets",
			}),
			z.refine(
				({ feed_forward_proj, dense_act_fn: act }) => act === undefined || act === activationOf(feed_forward_proj),
				{
					path: ["dense_act_fn"],
					error: "the activation that feed_forward_proj names",
				},
			),
			z.refine(
				({ feed_forward_proj, is_gated_act: gated }) => gated === undefined || gated === isGated(feed_forward_proj),
				{
					path: ["is_gated_act"],
					error: "what feed_forward_proj says",
				},
			),
		),
	z.transform((config) => ({
		...config,
		dense_act_fn: activationOf(config.feed_forward_proj),
		is_gated_act: isGated(config.feed_forward_proj),
	})),
);

/** A T5 encoder's settings with the names of `config.json`, and those that follow from `feed_forward_proj`. */
export type T5Config = z.infer<typeof schema>;

/** As in transformers, the gated GELU is the approximation. */
function activationOf(projection: (typeof FEED_FORWARDS)[number]): ActivationName {
	return projection === "gated-gelu" ? "gelu_new" : (projection.replace(GATED, "") as ActivationName);
}

function isGated(projection: string): boolean {
	return projection.startsWith(GATED);
}

/**
 * Reads `config.json` of a T5 encoder, or of a whole T5.
 * @throws CheckpointError that names the field which is missing, out of range or not of this kind of T5
 */
export function parseT5Config(json: unknown, name: string): T5Config {
	return check(schema, json, name, "Replace it with the config.json of a T5 encoder");
}
