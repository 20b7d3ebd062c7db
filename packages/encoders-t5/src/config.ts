import { ACTIVATION_NAMES, type ActivationName } from "@drum/graph";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";

const extent = z.int().min(1).max(1_000_000);

const GATED = "gated-";
const FEED_FORWARDS = ACTIVATION_NAMES.flatMap((name) => [name, `${GATED}${name}` as const]);

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
		/** `"gated-gelu"` in version 1.1; `"relu"` in the first, with one matrix fewer in each block. */
		feed_forward_proj: z.enum(FEED_FORWARDS).default("relu"),
		dense_act_fn: z.string().optional(),
		is_gated_act: z.boolean().optional(),
	})
	.refine((config) => config.relative_attention_max_distance > config.relative_attention_num_buckets / 4, {
		path: ["relative_attention_max_distance"],
		error: "more than a quarter of relative_attention_num_buckets",
	})
	.refine(({ feed_forward_proj, dense_act_fn: act }) => act === undefined || act === activationOf(feed_forward_proj), {
		path: ["dense_act_fn"],
		error: "the activation that feed_forward_proj names",
	})
	.refine(({ feed_forward_proj, is_gated_act: gated }) => gated === undefined || gated === isGated(feed_forward_proj), {
		path: ["is_gated_act"],
		error: "what feed_forward_proj says",
	})
	.transform((config) => ({
		...config,
		dense_act_fn: activationOf(config.feed_forward_proj),
		is_gated_act: isGated(config.feed_forward_proj),
	}));

/** A T5 encoder's settings under `config.json`'s own names, and what follows from `feed_forward_proj`. */
export type T5Config = z.infer<typeof schema>;

/** As transformers reads it: the gated GELU is the approximated one. */
function activationOf(projection: (typeof FEED_FORWARDS)[number]): ActivationName {
	return projection === "gated-gelu" ? "gelu_new" : (projection.replace(GATED, "") as ActivationName);
}

function isGated(projection: string): boolean {
	return projection.startsWith(GATED);
}

/**
 * Reads `config.json` of a T5 encoder, or of a whole T5.
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
		next: "It must be the config.json of a T5 encoder",
		cause: parsed.error,
	});
}
