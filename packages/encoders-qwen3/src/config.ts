import { ACTIVATION_NAMES } from "@drum/graph";
import { check } from "@drum/tokens";
import * as z from "zod/mini";

const extent = z.int().check(z.minimum(1), z.maximum(1_000_000));
const positive = z.number().check(z.positive());

/** Only plain rotary embedding is supported. Other kinds are for longer contexts than prompts need. */
const ropeType = z.literal("default", { error: `"default"` });
const rope = z.looseObject({
	rope_type: z.optional(ropeType),
	type: z.optional(ropeType),
	rope_theta: z.optional(positive),
});
const wholeAttention = z.literal(false, { error: "false: attention over all tokens before" });
const fullAttention = z.literal("full_attention", { error: `"full_attention"` });

const schema = z.pipe(
	z
		.object({
			model_type: z.literal("qwen3"),
			vocab_size: extent,
			hidden_size: extent,
			intermediate_size: extent,
			num_hidden_layers: extent.check(z.maximum(1000)),
			num_attention_heads: extent,
			num_key_value_heads: z.nullish(extent),
			head_dim: z._default(extent.check(z.multipleOf(2)), 128),
			hidden_act: z._default(z.enum(ACTIVATION_NAMES), "silu"),
			max_position_embeddings: z._default(z.int().check(z.minimum(1), z.maximum(100_000_000)), 32_768),
			rms_norm_eps: z._default(positive.check(z.maximum(1)), 1e-6),
			/** Written by transformers 5. Older files have `rope_theta` outside of it. */
			rope_parameters: z.nullish(rope),
			rope_theta: z.optional(positive),
			rope_scaling: z.nullish(rope),
			attention_bias: z._default(z.boolean(), false),
			tie_word_embeddings: z._default(z.boolean(), false),
			use_sliding_window: z._default(wholeAttention, false),
			layer_types: z.nullish(z.array(fullAttention)),
		})
		.check(
			z.refine(({ num_attention_heads: heads, num_key_value_heads: keys }) => heads % (keys ?? heads) === 0, {
				path: ["num_key_value_heads"],
				error: "a divisor of num_attention_heads",
			}),
		),
	z.transform(({ rope_parameters, rope_scaling: _, ...config }) => ({
		...config,
		num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
		rope_theta: rope_parameters?.rope_theta ?? config.rope_theta ?? 10_000,
	})),
);

/** A Qwen3's settings, with the names of `config.json`. */
export type Qwen3Config = z.output<typeof schema>;

/**
 * Reads `config.json` of a Qwen3.
 * @throws CheckpointError that names the field which is missing, out of range or of another kind of model
 */
export function parseQwen3Config(json: unknown, name: string): Qwen3Config {
	return check(schema, json, name, "Replace it with the config.json of a Qwen3");
}
