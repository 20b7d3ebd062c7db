import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod";

/** What a kind of text encoder calls its parts, and how it takes a prompt. */
export interface ExportKind {
	/** The export's file in `onnx/`, without dtype and `.onnx`. */
	readonly file: string;
	/** CLIP: one row of a prompt, its end of text, stands for it; and `last_hidden_state` is after the final norm. */
	readonly hasClassRow: boolean;
	/** Whether padding is attended to, as diffusers' pipelines do it. */
	readonly attendsToPadding: boolean;
	/** Prompts of one run. */
	readonly batch: number;
}

const KINDS: readonly (readonly [types: RegExp, ExportKind])[] = [
	[/^clip(_text_model)?$/, { file: "text_model", hasClassRow: true, attendsToPadding: true, batch: 16 }],
	[/^(m|um)?t5$/, { file: "encoder_model", hasClassRow: false, attendsToPadding: true, batch: 1 }],
	[/./, { file: "model", hasClassRow: false, attendsToPadding: false, batch: 16 }],
];

const extent = z.int().min(1).max(1_000_000);

/** The fields of all kinds: T5 has its own names for some. */
const schema = z.object({
	model_type: z.string().min(1),
	architectures: z.array(z.string()).nullish(),
	hidden_size: extent.optional(),
	d_model: extent.optional(),
	num_attention_heads: extent.optional(),
	num_heads: extent.optional(),
	num_hidden_layers: extent.optional(),
	num_layers: extent.optional(),
	vocab_size: extent,
	max_position_embeddings: extent.optional(),
	eos_token_id: z.int().min(0).nullish(),
	projection_dim: extent.optional(),
});

/** What `config.json` says of a text encoder. */
export interface ExportConfig {
	readonly kind: ExportKind;
	readonly width: number;
	readonly heads: number;
	readonly layers: number;
	readonly vocabulary: number;
	/** The most rows of a prompt that its positions reach; undefined where they have no end (T5). */
	readonly positions: number | undefined;
	/** CLIP's end of text; 2 in configurations of old, where it is the largest id. */
	readonly endOfText: number;
	/** Whether CLIP's text features are projected. */
	readonly projects: boolean;
	/** Width of CLIP's text features. */
	readonly features: number;
}

/** CLIP's defaults, which transformers leaves out of the `text_config` of a whole CLIP. */
const CLIP_DEFAULTS = {
	hidden_size: 512,
	num_attention_heads: 8,
	num_hidden_layers: 12,
	vocab_size: 49408,
	max_position_embeddings: 77,
};

/**
 * Reads `config.json`; of a whole CLIP, its `text_config`.
 * @throws CheckpointError naming the field that is missing or out of range.
 */
export function parseExportConfig(json: Record<string, unknown>, name: string): ExportConfig {
	const kind = KINDS.find(([types]) => types.test(String(json.model_type ?? "")))?.[1];
	const text = kind?.hasClassRow ? { ...CLIP_DEFAULTS, ...Object(json.text_config ?? json) } : json;
	const parsed = schema.safeParse({ ...text, model_type: json.model_type, architectures: json.architectures });
	if (!kind || !parsed.success) {
		const [issue] = parsed.error?.issues ?? [];
		const field = issue?.path.join(".") ?? "model_type";
		const found = shown(issue?.path.reduce<unknown>((value, key) => Object(value)[key], text));
		throw new CheckpointError({ what: `${field} of ${name}/config.json`, expected: issue?.message ?? "one", found });
	}
	const fields = parsed.data;
	const need = (value: number | undefined, field: string): number => {
		if (value !== undefined) return value;
		throw new CheckpointError({ what: `${name}/config.json`, expected: field, found: "none" });
	};
	const [width, heads] = [fields.hidden_size ?? fields.d_model, fields.num_attention_heads ?? fields.num_heads];
	const projects = kind.hasClassRow && !fields.architectures?.includes("CLIPTextModel");
	return {
		kind,
		width: need(width, "hidden_size"),
		heads: need(heads, "num_attention_heads"),
		layers: need(fields.num_hidden_layers ?? fields.num_layers, "num_hidden_layers"),
		vocabulary: fields.vocab_size,
		positions: fields.max_position_embeddings,
		endOfText: fields.eos_token_id ?? 49407,
		projects,
		features: projects ? ((Number(json.projection_dim) || fields.projection_dim) ?? 512) : need(width, "hidden_size"),
	};
}
