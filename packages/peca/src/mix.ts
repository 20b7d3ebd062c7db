import { ArgumentError, float32, type Skip, type Tensor, type TextEncoder, type Warning } from "@drum/tensor";
import type { AdapterOutput } from "./adapter.ts";
import type { Reference } from "./history.ts";
import { oneAfterAnother, pickRows, sideBySide } from "./join-rows.ts";
import { refuseLengths } from "./refuse-lengths.ts";
import type { Texts } from "./texts.ts";
import { type ChunkLayout, chunksIn, firstChunks, isWeighted, joinChunks, type WeightedRows } from "./weighted-rows.ts";

/** The published adapters, one for each encoder of Table 1; or another's, for an encoder of your own. */
export type AdapterName = "L" | "H" | "bigG" | "T5" | (string & {});

/** One encoder's part of `promptEmbeds`. */
export interface EncoderPart {
	readonly encoder: AdapterName;
	readonly skip: Skip;
	/** Whether the encoder's final norm is applied. */
	readonly norm: boolean;
}

/** Zeros in place of an encoder that a checkpoint goes without, as diffusers has them. */
export interface ZerosPart {
	readonly zeros: readonly [tokens: number, width: number];
}

export type MixPart = EncoderPart | ZerosPart;

/** How a foundation model makes its condition out of its encoders: a row of the paper's Table 1, with what diffusers does. */
export interface Mix {
	/**
	 * Parts in a list stand side by side along the width, lists one after the other along the tokens, each padded
	 * with zeros, or cut, to the width of the last.
	 */
	readonly promptEmbeds: readonly (readonly MixPart[])[];
	/** Whose class rows (always the last layer's, normed) stand side by side in `pooledPromptEmbeds`; empty for none. */
	readonly pooled: readonly { readonly encoder: AdapterName; readonly project: boolean }[];
	/** Which encoder's text features choose the coreset. */
	readonly features: AdapterName;
}

const L1 = { encoder: "L", skip: -1, norm: true } as const;
const H1 = { encoder: "H", skip: -1, norm: true } as const;
const L2 = { encoder: "L", skip: -2, norm: false } as const;
const G2 = { encoder: "bigG", skip: -2, norm: false } as const;
const T5 = { encoder: "T5", skip: -1, norm: false } as const;

/** Table 1 of the paper: which encoders each foundation model's condition is made of. */
export const MIXES = {
	sd1: { promptEmbeds: [[L1]], pooled: [], features: "L" },
	sd2: { promptEmbeds: [[H1]], pooled: [], features: "H" },
	sdxl: { promptEmbeds: [[L2, G2]], pooled: [{ encoder: "bigG", project: true }], features: "L" },
	sd3: {
		promptEmbeds: [[L2, G2], [T5]],
		pooled: [
			{ encoder: "L", project: true },
			{ encoder: "bigG", project: true },
		],
		features: "L",
	},
	flux: { promptEmbeds: [[T5]], pooled: [{ encoder: "L", project: false }], features: "L" },
} as const satisfies Record<string, Mix>;

/** The text encoders of a pipeline by their adapters' names. */
export type Encoders = Readonly<Record<string, TextEncoder>>;

/** A text condition as the denoiser takes it. */
export interface Condition {
	/** `[batch, tokens, width]`. */
	promptEmbeds: Tensor<"float32">;
	/** `[batch, width]`; undefined for a model that takes none. */
	pooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/** What it is the condition of, as far as that is known in words. */
	prompts?: readonly string[] | undefined;
	/** How it was made, for a picture's own record. */
	parameters?: ConditionParameters | undefined;
	/** What it is drawn against, where a profile's dislikes have steered that; in place of a negative prompt. */
	negative?: NegativeCondition | undefined;
	/** T5's rows of it, where they are known; a negative prompt gets as many. */
	maxSequenceLength?: number | undefined;
	/** Where prompts were read with weights, in how many chunks; a negative prompt gets as many. */
	layout?: ChunkLayout | undefined;
	/** What was cut or left out when it was made; the result of a run has them too. */
	warnings?: readonly Warning[] | undefined;
}

export interface ConditionParameters {
	readonly alpha?: number | undefined;
	readonly references?: readonly Reference[] | undefined;
	readonly negativeAlpha?: number | undefined;
	readonly negativeReferences?: readonly Reference[] | undefined;
}

/** What a condition is drawn against: one for each of its prompts, or one for all. */
export interface NegativeCondition {
	/** `[batch, tokens, width]`. */
	readonly promptEmbeds: Tensor<"float32">;
	/** `[batch, width]`; undefined for a model that takes none. */
	readonly pooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/** The negative prompts that each encoder read, before they were steered, where the pipeline told them. */
	readonly words?: Texts | undefined;
}

/** Every pair of encoder and skip that a mix reads. */
export function mixInputs({ promptEmbeds, pooled }: Mix): { encoder: AdapterName; skip: Skip }[] {
	const parts = promptEmbeds.flat().filter((part) => "encoder" in part);
	const inputs = [...parts, ...pooled.map(({ encoder }) => ({ encoder, skip: -1 as const }))];
	return inputs
		.filter(({ encoder, skip }, i) => inputs.findIndex((o) => o.encoder === encoder && o.skip === skip) === i)
		.map(({ encoder, skip }) => ({ encoder, skip }));
}

/** The mix of a checkpoint that goes without an encoder: its parts are zeros. */
export function withoutEncoder(mix: Mix, encoder: AdapterName, zeros: ZerosPart["zeros"]): Mix {
	const replace = (part: MixPart): MixPart => ("encoder" in part && part.encoder === encoder ? { zeros } : part);
	return { ...mix, promptEmbeds: mix.promptEmbeds.map((parts) => parts.map(replace)) };
}

/**
 * Puts a condition together from what each encoder (or its adapter) gives for a skip, which is asked for once. Of prompts with weights
 * in `read`, rows are weighed after the norm, and pooled rows are those of the first chunk.
 */
export async function compose(
	mix: Mix,
	encoders: Encoders,
	ask: (encoder: AdapterName, skip: Skip) => Promise<AdapterOutput>,
	read: Encodable = {},
): Promise<Condition> {
	const asked = new Map<string, AdapterOutput>();
	const rows = async (encoder: AdapterName, skip: Skip): Promise<AdapterOutput> => {
		const key = `${encoder}${skip}`;
		const found = asked.get(key) ?? (await ask(encoder, skip));
		asked.set(key, found);
		return found;
	};
	const embeds: Tensor<"float32">[] = [];
	const { encoder, skip } = mixInputs(mix)[0]!;
	const batch = (await rows(encoder, skip)).hidden.dims[0]! / chunksIn(read[encoder]);
	for (const parts of mix.promptEmbeds) {
		const beside: Tensor<"float32">[] = [];
		for (const part of parts) {
			if ("zeros" in part) {
				const [tokens, width] = part.zeros;
				beside.push(float32(new Float32Array(batch * tokens * width), [batch, tokens, width]));
				continue;
			}
			const { hidden } = await rows(part.encoder, part.skip);
			const normed = part.norm ? await encoderOf(encoders, part.encoder).normalize(hidden) : hidden;
			beside.push(joinChunks(normed, read[part.encoder]));
		}
		embeds.push(sideBySide(beside));
	}
	const pooled: Tensor<"float32">[] = [];
	for (const { encoder, project } of mix.pooled) {
		const first = firstChunks((await rows(encoder, -1)).classRows!, read[encoder]);
		const normed = await encoderOf(encoders, encoder).normalize(first);
		pooled.push(project ? await encoderOf(encoders, encoder).project(normed) : normed);
	}
	return {
		promptEmbeds: oneAfterAnother(embeds),
		...(pooled.length > 0 && { pooledPromptEmbeds: sideBySide(pooled) }),
	};
}

/** The condition without a profile: the encoders' own output. */
export async function composePlain(
	mix: Mix,
	encoders: Encoders,
	prompts: readonly string[] | Encodable,
	{ signal, tokens }: PlainOptions = {},
): Promise<Condition> {
	const encodings = new Map<AdapterName, ReturnType<TextEncoder["encode"]>>();
	const read = Array.isArray(prompts) ? {} : (prompts as Encodable);
	const ask = async (name: AdapterName, skip: Skip): Promise<AdapterOutput> => {
		const encoder = encoderOf(encoders, name);
		refuseLengths(encoder);
		const [input, rows] = encodable(read[name] ?? (prompts as readonly string[]), tokens);
		const encoding = encodings.get(name) ?? encoder.encode(input, { signal, ...askedOf(mix, name, encoder, rows) });
		encodings.set(name, encoding);
		const { hidden, classRows } = await encoding;
		if (!hidden[skip]) {
			const what = `hidden states ${skip} of encoder ${name}`;
			throw new ArgumentError({ what, expected: "given by the encoder", found: Object.keys(hidden).join(", ") });
		}
		return { hidden: hidden[skip], classRows: classRows && pickRows(hidden[skip], classRows) };
	};
	return compose(mix, encoders, ask, read);
}

/** What an encoder is given, and of how many rows, where it can give any number. */
export function encodable(
	input: Encodable[string],
	rows?: number | undefined,
): [readonly string[] | Tensor<"int64">, rows: number | undefined] {
	return isWeighted(input) ? [input.ids, input.ids.dims[1]] : [input, rows];
}

interface PlainOptions {
	signal?: AbortSignal | undefined;
	/** T5's rows in place of its own. */
	tokens?: number | undefined;
}

/** What an encoder is asked for beyond what it was made for. */
function askedOf(
	mix: Mix,
	name: AdapterName,
	{ layers, mostTokens, tokens: own }: TextEncoder,
	tokens: number | undefined,
) {
	const skips = mixInputs(mix).flatMap(({ encoder, skip }) => (encoder === name ? [skip] : []));
	return {
		...(layers !== undefined && { skips: [...new Set([-1, ...skips])] }),
		...(mostTokens !== undefined && tokens !== undefined && tokens !== own && { tokens }),
	};
}

/** The rows of the encoder that can give any number of them (T5), as it was opened; undefined where there is none. */
export function ownRows(encoders: Encoders): number | undefined {
	return Object.values(encoders).find(({ mostTokens }) => mostTokens)?.tokens;
}

/** Prompts, ids, or prompts with weights for each encoder. */
export type Encodable = Readonly<Record<string, readonly string[] | Tensor<"int64"> | WeightedRows>>;

export function encoderOf(encoders: Encoders, name: AdapterName): TextEncoder {
	const encoder = encoders[name];
	if (!encoder) throw new ArgumentError({ what: `encoder ${name}`, expected: "one", found: "none" });
	return encoder;
}
