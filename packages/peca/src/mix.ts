import { ArgumentError, float32, type Skip, type Tensor, type TextEncoder } from "@drum/tensor";
import type { AdapterOutput } from "./adapter.ts";

/** The published adapters, one for each encoder of Table 1. */
export type AdapterName = "L" | "H" | "bigG" | "T5";

/** How a foundation model makes its condition out of its encoders: a row of the paper's Table 1, with what diffusers does. */
export interface Mix {
	/** Which hidden states stand side by side in `promptEmbeds`, and whether the encoder's final norm is applied. */
	readonly promptEmbeds: readonly { encoder: AdapterName; skip: Skip; norm: boolean }[];
	/** Whose class rows (always the last layer's, normed) stand side by side in `pooledPromptEmbeds`; empty for none. */
	readonly pooled: readonly { encoder: AdapterName; project: boolean }[];
	/** Which encoder's text features choose the coreset. */
	readonly features: AdapterName;
}

/** Table 1 of the paper, as far as these packages run it. */
export const MIXES = {
	sd1: { promptEmbeds: [{ encoder: "L", skip: -1, norm: true }], pooled: [], features: "L" },
	sd2: { promptEmbeds: [{ encoder: "H", skip: -1, norm: true }], pooled: [], features: "H" },
	sdxl: {
		promptEmbeds: [
			{ encoder: "L", skip: -2, norm: false },
			{ encoder: "bigG", skip: -2, norm: false },
		],
		pooled: [{ encoder: "bigG", project: true }],
		features: "L",
	},
} as const satisfies Record<string, Mix>;

/** The text encoders of a pipeline by their adapters' names. */
export type Encoders = Readonly<Partial<Record<AdapterName, TextEncoder>>>;

/** A text condition as the denoiser takes it. */
export interface Condition {
	/** `[batch, tokens, width]`. */
	promptEmbeds: Tensor<"float32">;
	/** `[batch, width]`; undefined for a model that takes none. */
	pooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/** What it is the condition of, as far as that is known in words. */
	prompts?: readonly string[] | undefined;
	/** How it was made, for a picture's own record. */
	parameters?: Readonly<Record<string, string>> | undefined;
}

/** Every pair of encoder and skip that a mix reads. */
export function mixInputs({ promptEmbeds, pooled }: Mix): { encoder: AdapterName; skip: Skip }[] {
	const inputs = [...promptEmbeds, ...pooled.map(({ encoder }) => ({ encoder, skip: -1 as const }))];
	return inputs
		.filter(({ encoder, skip }, i) => inputs.findIndex((o) => o.encoder === encoder && o.skip === skip) === i)
		.map(({ encoder, skip }) => ({ encoder, skip }));
}

/** Puts a condition together from what each encoder (or its adapter) gives for a skip. */
export async function compose(
	mix: Mix,
	encoders: Encoders,
	rows: (encoder: AdapterName, skip: Skip) => Promise<AdapterOutput>,
): Promise<Condition> {
	const embeds: Tensor<"float32">[] = [];
	for (const { encoder, skip, norm } of mix.promptEmbeds) {
		const { hidden } = await rows(encoder, skip);
		embeds.push(norm ? await encoderOf(encoders, encoder).normalize(hidden) : hidden);
	}
	const pooled: Tensor<"float32">[] = [];
	for (const { encoder, project } of mix.pooled) {
		const normed = await encoderOf(encoders, encoder).normalize((await rows(encoder, -1)).classRows!);
		pooled.push(project ? await encoderOf(encoders, encoder).project(normed) : normed);
	}
	return { promptEmbeds: sideBySide(embeds), ...(pooled.length > 0 && { pooledPromptEmbeds: sideBySide(pooled) }) };
}

/** The condition without a profile: the encoders' own output. */
export async function composePlain(
	mix: Mix,
	encoders: Encoders,
	prompts: readonly string[] | Encodable,
	signal?: AbortSignal,
): Promise<Condition> {
	const encodings = new Map<AdapterName, ReturnType<TextEncoder["encode"]>>();
	return compose(mix, encoders, async (name, skip) => {
		const encoder = encoderOf(encoders, name);
		const input = Array.isArray(prompts) ? prompts : (prompts as Encodable)[name]!;
		const encoding = encodings.get(name) ?? encoder.encode(input, { signal });
		encodings.set(name, encoding);
		const { hidden, classRows } = await encoding;
		return { hidden: hidden[skip]!, classRows: classRows && pickRows(hidden[skip]!, classRows) };
	});
}

/** Ids for each encoder, in place of prompts. */
export type Encodable = Readonly<Partial<Record<AdapterName, Tensor<"int64">>>>;

export function encoderOf(encoders: Encoders, name: AdapterName): TextEncoder {
	const encoder = encoders[name];
	if (!encoder) throw new ArgumentError({ what: `encoder ${name}`, expected: "one", found: "none" });
	return encoder;
}

/** One row of each prompt: `[batch, tokens, width]` → `[batch, width]`. */
function pickRows({ data, dims }: Tensor<"float32">, rows: readonly number[]): Tensor<"float32"> {
	const [, tokens, width] = dims as [number, number, number];
	const out = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries())
		out.set(data.subarray((i * tokens + row) * width, (i * tokens + row + 1) * width), i * width);
	return float32(out, [rows.length, width]);
}

/** Joins tensors along their last axis. */
function sideBySide(tensors: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const [first] = tensors;
	if (tensors.length === 1) return first!;
	const widths = tensors.map(({ dims }) => dims.at(-1)!);
	const width = widths.reduce((sum, each) => sum + each, 0);
	const rows = first!.data.length / widths[0]!;
	const out = new Float32Array(rows * width);
	let at = 0;
	for (const [i, { data }] of tensors.entries()) {
		const each = widths[i]!;
		for (let row = 0; row < rows; row++) out.set(data.subarray(row * each, (row + 1) * each), row * width + at);
		at += each;
	}
	return float32(out, [...first!.dims.slice(0, -1), width]);
}
