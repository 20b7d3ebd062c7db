import { CheckpointError } from "@drum/tensor";
import { z } from "zod";

const extent = z.int().min(1).max(1_000_000);

const schema = z.object({
	vocab_size: extent.default(49408),
	hidden_size: extent,
	intermediate_size: extent,
	num_hidden_layers: extent.max(1000),
	num_attention_heads: extent,
	max_position_embeddings: extent.default(77),
	hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
	layer_norm_eps: z.number().positive().max(1).default(1e-5),
	eos_token_id: z.int().min(0).default(49407),
	projection_dim: extent.optional(),
});

/** A CLIP text encoder's settings under `config.json`'s own names. */
export type CLIPTextConfig = z.infer<typeof schema>;

/**
 * Reads `config.json` of a CLIP text encoder; of a whole CLIP model, its `text_config`.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseCLIPTextConfig(json: unknown, name: string): CLIPTextConfig {
	const whole = json as { text_config?: object; projection_dim?: number } | null;
	const own = whole?.text_config ? { projection_dim: whole.projection_dim, ...whole.text_config } : json;
	const parsed = schema.safeParse(own);
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw new CheckpointError({
			what: `${issue?.path.join(".") || "the whole"} of ${name}`,
			expected: issue?.message ?? "a CLIP text configuration",
			next: "It must be the config.json of a CLIP text encoder",
			cause: parsed.error,
		});
	}
	const { hidden_size, num_attention_heads } = parsed.data;
	if (hidden_size % num_attention_heads !== 0) {
		throw new CheckpointError({
			what: `num_attention_heads of ${name}`,
			expected: `a divisor of hidden_size ${hidden_size}`,
			found: String(num_attention_heads),
		});
	}
	return parsed.data;
}
