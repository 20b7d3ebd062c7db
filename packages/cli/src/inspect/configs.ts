import { z } from "zod";

const count = z.number().int().nonnegative();
const list = <T extends z.ZodType>(each: T) => z.union([each, z.array(each)]);

/** What is told of a component, out of its `config.json`. Nothing is required: other projects' files are looked at too. */
const schema = z.object({
	_class_name: z.string().optional().catch(undefined),
	architectures: z.array(z.string()).optional().catch(undefined),
	model_type: z.string().optional().catch(undefined),
	hidden_size: count.optional().catch(undefined),
	d_model: count.optional().catch(undefined),
	num_hidden_layers: count.optional().catch(undefined),
	num_layers: count.optional().catch(undefined),
	num_attention_heads: list(count).nullish().catch(undefined),
	num_heads: count.optional().catch(undefined),
	max_position_embeddings: count.optional().catch(undefined),
	block_out_channels: z.array(count).optional().catch(undefined),
	cross_attention_dim: list(count).nullish().catch(undefined),
	in_channels: count.optional().catch(undefined),
	latent_channels: count.optional().catch(undefined),
	sample_size: list(count).optional().catch(undefined),
	scaling_factor: z.number().optional().catch(undefined),
	prediction_type: z.string().optional().catch(undefined),
	num_train_timesteps: count.optional().catch(undefined),
	beta_schedule: z.string().optional().catch(undefined),
});

export type AnyConfig = z.infer<typeof schema>;

export function parseAnyConfig(json: unknown): AnyConfig {
	const parsed = schema.safeParse(json);
	return parsed.success ? parsed.data : schema.parse({});
}

const index = z.looseObject({ _class_name: z.string() });

/** The pipeline's class and its components: those whose library and class the index names. */
export function parseModelIndex(json: unknown): { pipeline: string; components: Record<string, string> } | undefined {
	const parsed = index.safeParse(json);
	if (!parsed.success) return undefined;
	const components = Object.entries(parsed.data).flatMap(([name, value]) =>
		Array.isArray(value) && typeof value[1] === "string" ? [[name, value[1]] as const] : [],
	);
	return { pipeline: parsed.data._class_name, components: Object.fromEntries(components) };
}

/** CLIP's text towers by width, as the paper's Table 1 names them. */
const TOWERS: Readonly<Record<number, string>> = { 768: "ViT-L", 1024: "ViT-H", 1280: "ViT-bigG" };

/** A component's settings as a user knows them. */
export function settingsOf(config: AnyConfig): Record<string, string | number | readonly number[]> {
	const className = config._class_name ?? config.architectures?.[0] ?? "";
	const settings = /Text|T5|Bert|LLM|Llama|Gemma/.test(className)
		? {
				kind: /^CLIP/.test(className)
					? (TOWERS[config.hidden_size ?? 0] ?? "CLIP")
					: /T5/.test(className)
						? "T5"
						: undefined,
				layers: config.num_hidden_layers ?? config.num_layers,
				width: config.hidden_size ?? config.d_model,
				heads: config.num_attention_heads ?? config.num_heads,
				tokens: config.max_position_embeddings,
			}
		: /^Autoencoder/.test(className)
			? {
					latentChannels: config.latent_channels,
					channels: config.block_out_channels,
					pixelsOfLatent: config.block_out_channels && 2 ** (config.block_out_channels.length - 1),
					scalingFactor: config.scaling_factor,
				}
			: /Scheduler/.test(className)
				? {
						prediction: config.prediction_type ?? "epsilon",
						betas: config.beta_schedule,
						timesteps: config.num_train_timesteps,
					}
				: {
						channels: config.block_out_channels,
						layers: config.num_layers,
						conditionWidth: config.cross_attention_dim,
						latentChannels: config.in_channels,
						latentSize: config.sample_size,
					};
	return Object.fromEntries(
		Object.entries(settings).filter(([, value]) => value !== undefined && value !== null),
	) as Record<string, string | number | readonly number[]>;
}
