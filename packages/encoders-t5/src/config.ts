import { CheckpointError, shown } from "@drum/tensor";
import { z } from "zod";

const extent = z.int().min(1).max(1_000_000);

const schema = z
	.object({
		model_type: z.literal("t5").default("t5"),
		d_model: extent,
		d_kv: extent,
		d_ff: extent,
		num_layers: extent.max(1000),
		num_heads: extent,
		vocab_size: extent,
		relative_attention_num_buckets: z.int().min(4).max(1024).multipleOf(4).default(32),
		relative_attention_max_distance: extent.default(128),
		layer_norm_epsilon: z.number().positive().max(1).default(1e-6),
		// Version 1.1's: the first T5 has "relu" and one matrix fewer in each block.
		feed_forward_proj: z.literal("gated-gelu"),
		dense_act_fn: z.literal("gelu_new").default("gelu_new"),
		is_gated_act: z.literal(true).default(true),
	})
	.refine((config) => config.relative_attention_max_distance > config.relative_attention_num_buckets / 4, {
		path: ["relative_attention_max_distance"],
		error: "more than a quarter of relative_attention_num_buckets",
	});

/** A T5 v1.1 encoder's settings under `config.json`'s own names. */
export type T5Config = z.infer<typeof schema>;

/**
 * Reads `config.json` of a T5 v1.1 encoder, or of a whole T5 v1.1.
 * @throws CheckpointError naming the field that is missing, out of range or another kind of T5's.
 */
export function parseT5Config(json: unknown, name: string): T5Config {
	const parsed = schema.safeParse(json);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const field = issue?.path.join(".") ?? "";
	throw new CheckpointError({
		what: `${field || "the whole"} of ${name}`,
		expected: issue?.message ?? "a T5 configuration",
		found: shown(field ? (json as Record<string, unknown>)[field] : json),
		next: "It must be the config.json of a T5 v1.1 encoder",
		cause: parsed.error,
	});
}
