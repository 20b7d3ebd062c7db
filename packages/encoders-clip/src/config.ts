import { ACTIVATION_NAMES } from "@drum/graph";
import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";

const extent = z.int().min(1).max(1_000_000);

const layers = {
	hidden_act: z.enum(ACTIVATION_NAMES).default("quick_gelu"),
	layer_norm_eps: z.number().positive().max(1).default(1e-5),
};

const textSchema = z.object({
	vocab_size: extent.default(49408),
	hidden_size: extent,
	intermediate_size: extent,
	num_hidden_layers: extent.max(1000),
	num_attention_heads: extent,
	max_position_embeddings: extent.default(77),
	eos_token_id: z.int().min(0).default(49407),
	projection_dim: extent.optional(),
	...layers,
});

const visionSchema = z.object({
	hidden_size: extent.default(768),
	intermediate_size: extent.default(3072),
	num_hidden_layers: extent.max(1000).default(12),
	num_attention_heads: extent.default(12),
	num_channels: z.literal(3).default(3),
	image_size: extent.max(10_000).default(224),
	patch_size: extent.max(10_000).default(32),
	projection_dim: extent.default(512),
	...layers,
});

/** A CLIP text encoder's settings under `config.json`'s own names. */
export type CLIPTextConfig = z.infer<typeof textSchema>;

/** A CLIP image encoder's settings under `config.json`'s own names. */
export type CLIPVisionConfig = z.infer<typeof visionSchema>;

/**
 * Reads `config.json` of a CLIP text encoder; of a whole CLIP model, its `text_config`.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseCLIPTextConfig(json: unknown, name: string): CLIPTextConfig {
	return checkHeads(parseFile(textSchema, partOf(json, "text_config"), name, "a CLIP text encoder"), name);
}

/**
 * Reads `config.json` of a CLIP image encoder; of a whole CLIP model, its `vision_config`.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseCLIPVisionConfig(json: unknown, name: string): CLIPVisionConfig {
	const config = checkHeads(parseFile(visionSchema, partOf(json, "vision_config"), name, "a CLIP image encoder"), name);
	const { image_size, patch_size } = config;
	if (patch_size <= image_size) return config;
	throw new CheckpointError({
		what: `patch_size of ${name}`,
		expected: `at most image_size ${image_size}`,
		found: shown(patch_size),
	});
}

/**
 * Checks a file's contents.
 * @throws CheckpointError naming the field that does not fit.
 */
export function parseFile<T>(schema: z.ZodType<T>, json: unknown, name: string, kind: string): T {
	const parsed = schema.safeParse(json);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new CheckpointError({
		what: `${issue?.path.join(".") || "the whole"} of ${name}`,
		expected: issue?.message ?? "an object",
		next: `It must be the file of that name of ${kind}`,
		cause: parsed.error,
	});
}

/** One tower of a whole model, whose own `projection_dim` holds for both: files of laion's ViT-H and bigG have a stale one in each. */
function partOf(json: unknown, tower: "text_config" | "vision_config"): unknown {
	const whole = json as (Record<string, unknown> & { projection_dim?: unknown }) | null;
	const own = whole?.[tower];
	if (!own) return json;
	const { projection_dim } = whole;
	return projection_dim === undefined ? own : { ...own, projection_dim };
}

function checkHeads<T extends { hidden_size: number; num_attention_heads: number }>(config: T, name: string): T {
	const { hidden_size, num_attention_heads } = config;
	if (hidden_size % num_attention_heads === 0) return config;
	throw new CheckpointError({
		what: `num_attention_heads of ${name}`,
		expected: `a divisor of hidden_size ${hidden_size}`,
		found: shown(num_attention_heads),
	});
}
