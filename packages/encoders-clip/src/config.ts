import { ACTIVATION_NAMES } from "@drum/graph";
import { CheckpointError, shown } from "@drum/tensor";
import { check } from "@drum/tokens";
import * as z from "zod/mini";

const extent = z.int().check(z.minimum(1), z.maximum(1_000_000));

const layers = {
	hidden_act: z._default(z.enum(ACTIVATION_NAMES), "quick_gelu"),
	layer_norm_eps: z._default(z.number().check(z.positive(), z.maximum(1)), 1e-5),
};

const textSchema = z.object({
	vocab_size: z._default(extent, 49408),
	hidden_size: extent,
	intermediate_size: extent,
	num_hidden_layers: extent.check(z.maximum(1000)),
	num_attention_heads: extent,
	max_position_embeddings: z._default(extent, 77),
	eos_token_id: z._default(z.int().check(z.minimum(0)), 49407),
	projection_dim: z.optional(extent),
	...layers,
});

const visionSchema = z.object({
	hidden_size: z._default(extent, 768),
	intermediate_size: z._default(extent, 3072),
	num_hidden_layers: z._default(extent.check(z.maximum(1000)), 12),
	num_attention_heads: z._default(extent, 12),
	num_channels: z._default(z.literal(3), 3),
	image_size: z._default(extent.check(z.maximum(10_000)), 224),
	patch_size: z._default(extent.check(z.maximum(10_000)), 32),
	projection_dim: z._default(extent, 512),
	...layers,
});

/** A CLIP text encoder's settings, with the names of `config.json`. */
export type CLIPTextConfig = z.infer<typeof textSchema>;

/** A CLIP image encoder's settings, with the names of `config.json`. */
export type CLIPVisionConfig = z.infer<typeof visionSchema>;

/**
 * Reads `config.json` of a CLIP text encoder, or `text_config` in that of a whole CLIP model.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseCLIPTextConfig(json: unknown, name: string): CLIPTextConfig {
	const kind = "a CLIP text encoder";
	return checkHeads(parseFile(textSchema, partOf(json, "text_config"), name, kind), name, kind);
}

/**
 * Reads `config.json` of a CLIP image encoder, or `vision_config` in that of a whole CLIP model.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseCLIPVisionConfig(json: unknown, name: string): CLIPVisionConfig {
	const kind = "a CLIP image encoder";
	const config = checkHeads(parseFile(visionSchema, partOf(json, "vision_config"), name, kind), name, kind);
	const { image_size, patch_size } = config;
	if (patch_size <= image_size) return config;
	throw new CheckpointError({
		what: `patch_size of ${name}`,
		expected: `at most image_size ${image_size}`,
		found: shown(patch_size),
		next: replaceBy(kind),
	});
}

/**
 * Checks a file's contents.
 * @throws CheckpointError naming the field that does not fit.
 */
export function parseFile<T>(schema: z.ZodMiniType<T>, json: unknown, name: string, kind: string): T {
	return check(schema, json, name, replaceBy(kind));
}

function replaceBy(kind: string): string {
	return `Replace it with the file of this name from ${kind}`;
}

/** One tower of a whole model. The whole model's `projection_dim` applies to both: files of laion's ViT-H and bigG have wrong ones in the towers. */
function partOf(json: unknown, tower: "text_config" | "vision_config"): unknown {
	const whole = json as (Record<string, unknown> & { projection_dim?: unknown }) | null;
	const own = whole?.[tower];
	if (!own) return json;
	const { projection_dim } = whole;
	return projection_dim === undefined ? own : { ...own, projection_dim };
}

function checkHeads<T extends { hidden_size: number; num_attention_heads: number }>(
	config: T,
	name: string,
	kind: string,
): T {
	const { hidden_size, num_attention_heads } = config;
	if (hidden_size % num_attention_heads === 0) return config;
	throw new CheckpointError({
		what: `num_attention_heads of ${name}`,
		expected: `a divisor of hidden_size ${hidden_size}`,
		found: shown(num_attention_heads),
		next: replaceBy(kind),
	});
}
