import { ArgumentError, float32, type Skip, type Tensor, type TextEncoder, type Warning } from "@drum/tensor";
import type { AdapterOutput } from "./adapter.ts";
import type { Reference } from "./history.ts";
import { oneAfterAnother, pickRows, sideBySide } from "./join-rows.ts";
import { refuseLengths } from "./refuse-lengths.ts";
import type { Texts } from "./texts.ts";
import { type ChunkLayout, chunksIn, firstChunks, isWeighted, joinChunks, type WeightedRows } from "./weighted-rows.ts";

/** The name of an encoder and of its adapter: those of the paper's Table 1, or your own. */
export type AdapterName = "L" | "H" | "bigG" | "T5" | (string & {});

/** One encoder's part of `promptEmbeds`. */
export interface EncoderPart {
	readonly encoder: AdapterName;
	/** Which hidden states: −1 of the last layer, −2 of the layer before. */
	readonly skip: Skip;
	/** Whether the encoder's final norm is applied. */
	readonly norm: boolean;
}

/** Zeros in place of an encoder that a checkpoint lacks, as in diffusers. */
export interface ZerosPart {
	readonly zeros: readonly [tokens: number, width: number];
}

/** A part of `promptEmbeds`. */
export type MixPart = EncoderPart | ZerosPart;

/** How a foundation model's condition is made from its encoders: a row of the paper's Table 1, with details from diffusers. */
export interface Mix {
	/**
	 * The parts of a list are joined along the width, and the lists along the tokens. Each list is padded with zeros, or cut, to the width of
	 * the last list.
	 */
	readonly promptEmbeds: readonly (readonly MixPart[])[];
	/** Encoders whose class rows (of the last layer, after the norm) are joined along the width in `pooledPromptEmbeds`; empty for none. */
	readonly pooled: readonly { readonly encoder: AdapterName; readonly project: boolean }[];
	/** The encoder whose text features choose the coreset. */
	readonly features: AdapterName;
}

const L1 = { encoder: "L", skip: -1, norm: true } as const;
const H1 = { encoder: "H", skip: -1, norm: true } as const;
const L2 = { encoder: "L", skip: -2, norm: false } as const;
const G2 = { encoder: "bigG", skip: -2, norm: false } as const;
const T5 = { encoder: "T5", skip: -1, norm: false } as const;

/** Table 1 of the paper: the encoders of each foundation model's condition. */
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

/** The text encoders of a pipeline, by their adapters' names. */
export type Encoders = Readonly<Record<string, TextEncoder>>;

/** A text condition for the denoiser. */
export interface Condition {
	/** `[batch, tokens, width]`. */
	promptEmbeds: Tensor<"float32">;
	/** `[batch, width]`; undefined for a model that takes none. */
	pooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/** The prompts, if known. */
	prompts?: readonly string[] | undefined;
	/** How it was personalised, for a picture's metadata. */
	parameters?: ConditionParameters | undefined;
	/** The negative condition that a profile's dislikes have steered. It replaces a negative prompt. */
	negative?: NegativeCondition | undefined;
	/** T5's number of rows in it, if known; a negative prompt gets as many. */
	maxSequenceLength?: number | undefined;
	/** The number of chunks, for prompts read with weights; a negative prompt gets as many. */
	layout?: ChunkLayout | undefined;
	/** What was cut or ignored when it was made. The result of a run repeats them. */
	warnings?: readonly Warning[] | undefined;
}

/** How a condition was personalised. */
export interface ConditionParameters {
	/** α of equation 2, in [0, 1]. */
	readonly alpha?: number | undefined;
	/** The liked references, with their intensities. */
	readonly references?: readonly Reference[] | undefined;
	/** α for the dislikes, in [0, 1]. */
	readonly negativeAlpha?: number | undefined;
	/** The disliked references, with intensities below 0. */
	readonly negativeReferences?: readonly Reference[] | undefined;
}

/** A negative condition for guidance: one for each prompt, or one for all. */
export interface NegativeCondition {
	/** `[batch, tokens, width]`. */
	readonly promptEmbeds: Tensor<"float32">;
	/** `[batch, width]`; undefined for a model that takes none. */
	readonly pooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/** The negative prompts that each encoder read, if the pipeline gave them. */
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

/** The mix of a checkpoint that lacks an encoder: zeros replace the encoder's parts. */
export function withoutEncoder(mix: Mix, encoder: AdapterName, zeros: ZerosPart["zeros"]): Mix {
	const replace = (part: MixPart): MixPart => ("encoder" in part && part.encoder === encoder ? { zeros } : part);
	return { ...mix, promptEmbeds: mix.promptEmbeds.map((parts) => parts.map(replace)) };
}

/**
 * Makes a condition from the output of each encoder, or of its adapter.
 * @param ask gives an encoder's output at a skip; called once for each pair
 * @param read the prompts of encoders that read them with weights: their rows are weighted after the norm, and pooled rows come from the first
 * chunk
 * @throws ArgumentError for an encoder that is missing, or for weights that cancel each other out; what `ask` throws
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

/**
 * The condition without a profile: the encoders' own output.
 * @throws ArgumentError for an encoder that is missing, does not give a needed hidden state, or gives different numbers of rows
 * @throws what the encoders' `encode` throws; the signal's reason
 */
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
			const what = `hidden states of encoder ${name}`;
			const [expected, found] = [`those of skip ${skip}`, Object.keys(hidden).join(", ") || "none"];
			throw new ArgumentError({ what, expected, found, next: "Open the encoder with this skip" });
		}
		return { hidden: hidden[skip], classRows: classRows && pickRows(hidden[skip], classRows) };
	};
	return compose(mix, encoders, ask, read);
}

/** An encoder's input, and the number of rows to ask for if the encoder can give any number. */
export function encodable(
	input: Encodable[string],
	rows?: number | undefined,
): [readonly string[] | Tensor<"int64">, rows: number | undefined] {
	return isWeighted(input) ? [input.ids, input.ids.dims[1]] : [input, rows];
}

interface PlainOptions {
	signal?: AbortSignal | undefined;
	/** T5's number of rows. Default its own. */
	tokens?: number | undefined;
}

/** Options for `encode` that differ from what the encoder was opened with. */
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

/** The number of rows of the encoder that can give any number of them (T5), as it was opened; undefined if there is no such encoder. */
export function ownRows(encoders: Encoders): number | undefined {
	return Object.values(encoders).find(({ mostTokens }) => mostTokens)?.tokens;
}

/** The input of each encoder: prompts, ids, or prompts with weights. */
export type Encodable = Readonly<Record<string, readonly string[] | Tensor<"int64"> | WeightedRows>>;

/** @throws ArgumentError if there is no encoder of that name */
export function encoderOf(encoders: Encoders, name: AdapterName): TextEncoder {
	const encoder = encoders[name];
	if (!encoder) {
		const found = Object.keys(encoders).join(", ") || "none";
		throw new ArgumentError({ what: "encoders", expected: `one named ${name}`, found });
	}
	return encoder;
}
