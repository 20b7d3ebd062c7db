import * as z from "zod";

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
	num_single_layers: count.optional().catch(undefined),
	num_attention_heads: list(count).nullish().catch(undefined),
	num_heads: count.optional().catch(undefined),
	max_position_embeddings: count.optional().catch(undefined),
	block_out_channels: z.array(count).optional().catch(undefined),
	joint_attention_dim: count.optional().catch(undefined),
	cross_attention_dim: list(count).nullish().catch(undefined),
	in_channels: count.optional().catch(undefined),
	latent_channels: count.optional().catch(undefined),
	sample_size: list(count).optional().catch(undefined),
	scaling_factor: z.number().optional().catch(undefined),
	prediction_type: z.string().optional().catch(undefined),
	num_train_timesteps: count.optional().catch(undefined),
	shift: z.number().optional().catch(undefined),
	beta_schedule: z.string().optional().catch(undefined),
});

export type AnyConfig = z.infer<typeof schema>;

export function parseAnyConfig(json: unknown): AnyConfig {
	const parsed = schema.safeParse(json);
	return parsed.success ? parsed.data : schema.parse({});
}

const index = z.looseObject({ _class_name: z.string() }).refine(isShort);

/** The pipeline's class and its components: the class of each, or null for one that the checkpoint goes without. */
export function parseModelIndex(
	json: unknown,
): { pipeline: string; components: Record<string, string | null> } | undefined {
	const parsed = index.safeParse(json);
	if (!parsed.success) return undefined;
	const components = Object.entries(parsed.data).flatMap(([name, value]) =>
		Array.isArray(value) && (typeof value[1] === "string" || value[1] === null) ? [[name, value[1]] as const] : [],
	);
	return { pipeline: parsed.data._class_name, components: Object.fromEntries(components) };
}

/** Entries of a list of components; the longest published ones have a dozen. */
const MOST_COMPONENTS = 200;

function isShort(json: object): boolean {
	return Object.keys(json).length <= MOST_COMPONENTS;
}

/** A component's settings as a user knows them; `encoder` is the paper's name of a text encoder. */
export function settingsOf(
	config: AnyConfig,
	encoder?: string | undefined,
): Record<string, string | number | readonly number[]> {
	const className = config._class_name ?? config.architectures?.[0] ?? "";
	const settings = /Text|T5|Bert|LLM|Llama|Gemma/.test(className)
		? {
				encoder,
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
						prediction: config.prediction_type ?? (/Flow/.test(className) ? "flow" : "epsilon"),
						shift: config.shift,
						betas: config.beta_schedule,
						timesteps: config.num_train_timesteps,
					}
				: {
						channels: config.block_out_channels,
						layers: config.num_layers,
						singleLayers: config.num_single_layers,
						heads: config.block_out_channels ? undefined : config.num_attention_heads,
						conditionWidth: config.cross_attention_dim ?? config.joint_attention_dim,
						latentChannels: config.in_channels,
						latentSize: config.sample_size,
					};
	return Object.fromEntries(
		Object.entries(settings).filter(([, value]) => value !== undefined && value !== null),
	) as Record<string, string | number | readonly number[]>;
}
