import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EncodeOptions, float32, type Skip, type Tensor, type TextEncoder, TorchGenerator } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";

export interface Sizes {
	width: number;
	heads: number;
	tokens: number;
	hasClassRow?: boolean | undefined;
	skips?: readonly Skip[] | undefined;
}

/** A text encoder that makes everything up, always the same for the same prompt, and remembers what it was asked. */
export class MadeUpEncoder implements TextEncoder {
	readonly name: string;
	readonly width: number;
	readonly heads: number;
	readonly tokens: number;
	readonly hasClassRow: boolean;
	readonly fingerprint: string;
	readonly encoded: string[] = [];
	readonly #skips: readonly Skip[];

	constructor({ width, heads, tokens, hasClassRow = true, skips = [-1] }: Sizes, name = "made-up") {
		this.name = name;
		this.width = width;
		this.heads = heads;
		this.tokens = tokens;
		this.hasClassRow = hasClassRow;
		this.fingerprint = createHash("sha256").update(name).digest("hex");
		this.#skips = skips;
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return {
			type: "int64",
			dims: [prompts.length, this.tokens],
			data: new BigInt64Array(prompts.length * this.tokens),
		};
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, { signal }: EncodeOptions = {}) {
		if ("dims" in prompts) throw new Error("prompts only");
		// As a real encoder does, it leaves the thread to others.
		await new Promise((resolve) => setImmediate(resolve));
		signal?.throwIfAborted();
		this.encoded.push(...prompts);
		const size = this.tokens * this.width;
		const states = (skip: Skip) => {
			const data = new Float32Array(prompts.length * size);
			for (const [i, prompt] of prompts.entries()) data.set(made(`${skip} ${prompt}`, size), i * size);
			return float32(data, [prompts.length, this.tokens, this.width]);
		};
		const features = prompts.flatMap((prompt) => [...made(`feature ${prompt}`, this.width)]);
		return {
			hidden: Object.fromEntries(this.#skips.map((skip) => [skip, states(skip)])),
			classRows: this.hasClassRow ? prompts.map(() => this.tokens - 1) : undefined,
			features: float32(Float32Array.from(features), [prompts.length, prompts.length && this.width]),
		};
	}

	async normalize(rows: Tensor<"float32">) {
		return rows;
	}

	async project(rows: Tensor<"float32">) {
		return rows;
	}

	async release() {}
}

function made(key: string, length: number): Float32Array {
	const seed = createHash("sha256").update(key).digest().readUInt32LE(0);
	return new TorchGenerator(seed).randn([length]).data;
}

export interface MadeUpAdapter {
	weights: Map<string, Tensor<"float32">>;
	checkpoint: Checkpoint;
	path: string;
}

/** Writes an adapter of random weights, reduced where `inner` is less than the encoder's width. */
export async function madeUpAdapter(
	folder: string,
	{ width, tokens, hasClassRow = true }: Sizes,
	{ layers = 2, inner = width, more = {} }: { layers?: number; inner?: number; more?: Record<string, number[]> } = {},
): Promise<MadeUpAdapter> {
	const generator = new TorchGenerator(width + layers);
	const shapes: [string, number[]][] = [["base_query", [1, tokens + (hasClassRow ? 1 : 0), inner]]];
	const linear = (path: string, out: number, from: number) =>
		shapes.push([`${path}.weight`, [out, from]], [`${path}.bias`, [out]]);
	for (let layer = 0; layer < layers; layer++) {
		for (const part of ["query", "key", "value", "proj"]) linear(`tf.${layer}.attn.${part}`, inner, inner);
		linear(`tf.${layer}.ff.0`, width / 4, inner);
		linear(`tf.${layer}.ff.2`, inner, width / 4);
		for (const part of ["norm1", "norm2"])
			shapes.push([`tf.${layer}.${part}.weight`, [inner]], [`tf.${layer}.${part}.bias`, [inner]]);
	}
	if (inner < width) {
		linear("pre_proj", inner, width);
		linear("post_proj", width, inner);
	}
	shapes.push(...Object.entries(more));
	const weights = new Map(shapes.map(([name, dims]) => [name, scaled(generator.randn(dims), dims)]));
	const path = join(folder, `adapter-${width}-${inner}-${layers}-${Object.keys(more).length}.safetensors`);
	await writeSafetensors(path, weights);
	return { weights, checkpoint: await Checkpoint.open(path), path };
}

/** Matrices keep a row's size about as it is, as trained ones do. */
function scaled({ data }: Tensor<"float32">, dims: number[]): Tensor<"float32"> {
	const scale = dims.length === 2 ? 1 / Math.sqrt(dims[1]!) : 1;
	return float32(
		data.map((value) => value * scale),
		dims,
	);
}

/** A folder for one file's tests, and what removes it. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), "drum-peca-"));
	return { folder, remove: () => rm(folder, { recursive: true }) };
}
