import { float32ToFloat16, type Tensor, TorchGenerator, toFloat32 } from "@drum/tensor";
import { PERIOD, table, tableWeights } from "@drum/test-weights";
import type { T5Config } from "../index.ts";

// Makes the same weights as tooling/golden/t5.py, because they are too large to keep.

/** All tensors of a T5 encoder. */
export function t5Weights(config: T5Config, type: "float32" | "float16", values = table(11)): Record<string, Tensor> {
	const filling = { table: values, scaleOf: (name: string, dims: readonly number[]) => scaleOf(name, dims, config) };
	return tableWeights(shapesOf(config), type, filling);
}

/** Normally distributed weights with the deviations of T5's initialisation. Their quantisation errors are similar to a trained model's. */
export function normalWeights(config: T5Config, type: "float32" | "float16"): Record<string, Tensor> {
	const normal = new TorchGenerator(1).randn([PERIOD]).data.map((value) => value / 2);
	const weights = t5Weights(config, type, normal);
	const shared = weights["shared.weight"]!;
	const data = toFloat32(shared).map((value) => value / 4);
	const halves = type === "float32" ? data : float32ToFloat16(data);
	return { ...weights, "shared.weight": { ...shared, data: halves } as Tensor };
}

/** A power of two, about twice the deviation of T5's initialisation; 0 for a norm's weights. */
function scaleOf(name: string, dims: readonly number[], { d_kv }: T5Config): number {
	if (name.includes("layer_norm")) return 0;
	const kind = name.split(".").at(-2);
	if (kind === "shared") return 8;
	if (kind === "relative_attention_bias") return 4;
	return 2 ** (1 - Math.round(Math.log2(dims[1]! * (kind === "q" ? d_kv : 1)) / 2));
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
		for (const name of config.is_gated_act ? ["wi_0", "wi_1"] : ["wi"])
			shapes[`${block}.1.DenseReluDense.${name}.weight`] = [d_ff, d_model];
		shapes[`${block}.1.DenseReluDense.wo.weight`] = [d_model, d_ff];
		shapes[`${block}.1.layer_norm.weight`] = [d_model];
	}
	const table = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
	shapes[table] = [config.relative_attention_num_buckets, num_heads];
	return shapes;
}
