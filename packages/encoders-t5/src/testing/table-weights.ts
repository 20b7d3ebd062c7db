import { float32ToFloat16, sizeOf, type Tensor, TorchGenerator, toFloat32 } from "@drum/tensor";
import type { T5Config } from "../index.ts";

// As tooling/golden/t5.py fills its models, so that weights too large to keep can be made again.

const PERIOD = 1_000_003;

/** Every tensor of a T5 encoder; all of a scale are views of one array, so that a large model costs the memory of its largest tensor. */
export function tableWeights(config: T5Config, type: "float32" | "float16", table = numbers()): Record<string, Tensor> {
	const shapes = Object.entries(shapesOf(config)).sort(([a], [b]) => (a < b ? -1 : 1));
	const needed = new Map<number, number>();
	for (const [i, [name, dims]] of shapes.entries()) {
		const end = place(i) + sizeOf(dims);
		const scale = scaleOf(name, dims, config);
		needed.set(scale, Math.max(needed.get(scale) ?? 0, end));
	}
	const arrays = new Map(
		Array.from(needed, ([scale, length]) => {
			const own = table.map((value) => (scale === 0 ? value + 1 : value * scale));
			return [scale, roundAndRound(type === "float32" ? own : float32ToFloat16(own), length)] as const;
		}),
	);
	return Object.fromEntries(
		shapes.map(([name, dims], i) => {
			const data = arrays.get(scaleOf(name, dims, config))!.subarray(place(i), place(i) + sizeOf(dims));
			return [name, { type, dims, data } as Tensor];
		}),
	);
}

/** Normally distributed weights of the deviations that T5 is initialised with: their errors are about a trained model's. */
export function normalWeights(config: T5Config, type: "float32" | "float16"): Record<string, Tensor> {
	const normal = new TorchGenerator(1).randn([PERIOD]).data.map((value) => value / 2);
	const weights = tableWeights(config, type, normal);
	const shared = weights["shared.weight"]!;
	const data = toFloat32(shared).map((value) => value / 4);
	const halves = type === "float32" ? data : float32ToFloat16(data);
	return { ...weights, "shared.weight": { ...shared, data: halves } as Tensor };
}

/** A power of two near twice the deviation that T5 is initialised with; 0 for a norm's weights, which are around 1. */
function scaleOf(name: string, dims: readonly number[], { d_kv }: T5Config): number {
	if (name.includes("layer_norm")) return 0;
	const kind = name.split(".").at(-2);
	if (kind === "shared") return 8;
	if (kind === "relative_attention_bias") return 4;
	return 2 ** (1 - Math.round(Math.log2(dims[1]! * (kind === "q" ? d_kv : 1)) / 2));
}

/** Where in the table the tensor of this number begins. */
function place(i: number): number {
	return (i * 7919) % PERIOD;
}

/** Multiples of 1/1024 in [−1, 1), which float16 holds exactly, by Numerical Recipes' generator. */
function numbers(): Float32Array {
	let state = 12345;
	return new Float32Array(PERIOD).map(() => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state >>> 21) / 1024 - 1;
	});
}

function roundAndRound<T extends Float32Array | Uint16Array>(table: T, length: number): T {
	const array = new (table.constructor as new (length: number) => T)(length);
	for (let at = 0; at < length; at += table.length) array.set(table.subarray(0, length - at), at);
	return array;
}

function shapesOf({ vocab_size, d_model, d_kv, d_ff, num_layers, num_heads, ...config }: T5Config) {
	const inner = num_heads * d_kv;
	const shapes: Record<string, number[]> = {
		"shared.weight": [vocab_size, d_model],
		"encoder.final_layer_norm.weight": [d_model],
	};
	for (let i = 0; i < num_layers; i++) {
		const block = `encoder.block.${i}.layer`;
		for (const name of ["q", "k", "v"]) shapes[`${block}.0.SelfAttention.${name}.weight`] = [inner, d_model];
		shapes[`${block}.0.SelfAttention.o.weight`] = [d_model, inner];
		shapes[`${block}.0.layer_norm.weight`] = [d_model];
		for (const name of ["wi_0", "wi_1"]) shapes[`${block}.1.DenseReluDense.${name}.weight`] = [d_ff, d_model];
		shapes[`${block}.1.DenseReluDense.wo.weight`] = [d_model, d_ff];
		shapes[`${block}.1.layer_norm.weight`] = [d_model];
	}
	const table = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
	shapes[table] = [config.relative_attention_num_buckets, num_heads];
	return shapes;
}
