import { type DenoiserFeeds, timestepEmbedding } from "@drum/diffusion";
import { ArgumentError, float32, shown, type Tensor } from "@drum/tensor";
import type { UNetConfig } from "./config-schema.ts";

/** SDXL's time ids: the original height and width, the crop's top and left, the target's height and width. */
export const TIME_IDS = 6;

/** Width of the pooled condition. Undefined for a network that takes none. */
export function pooledWidthOf(config: UNetConfig): number | undefined {
	if (config.addition_embed_type !== "text_time") return undefined;
	return config.projection_class_embeddings_input_dim! - TIME_IDS * config.addition_time_embed_dim!;
}

/**
 * The input of SDXL's `add_embedding` for each condition: the pooled condition, then sines and cosines of each time id, `[n · pictures,
 * projection_class_embeddings_input_dim]`.
 * @throws ArgumentError if one of the two is missing, or has another number of conditions
 */
export function addedCondition(
	config: UNetConfig,
	{ encoderHiddenStates, pooledProjections, timeIds }: DenoiserFeeds,
): Tensor<"float32"> {
	const rows = encoderHiddenStates.dims[0]!;
	const pooled = checked("pooledProjections", pooledProjections, [rows, pooledWidthOf(config)!]);
	const ids = checked("timeIds", timeIds, [rows, TIME_IDS]);
	const odd = ids.find((id) => !Number.isFinite(id));
	if (odd !== undefined) throw new ArgumentError({ what: "timeIds", expected: "finite numbers", found: shown(odd) });
	const [each, width] = [config.addition_time_embed_dim!, config.projection_class_embeddings_input_dim!];
	const added = new Float32Array(rows * width);
	for (let row = 0; row < rows; row++) {
		const start = row * width;
		const from = width - TIME_IDS * each;
		added.set(pooled.subarray(row * from, (row + 1) * from), start);
		for (let i = 0; i < TIME_IDS; i++) {
			added.set(timestepEmbedding(ids[row * TIME_IDS + i]!, each, config), start + from + i * each);
		}
	}
	return float32(added, [rows, width]);
}

function checked(what: string, tensor: Tensor<"float32"> | undefined, dims: readonly [number, number]): Float32Array {
	const expected = `[${dims.join(", ")}]`;
	if (!tensor) {
		throw new ArgumentError({
			what,
			expected,
			found: "none",
			next: "This network looks at it together with each condition",
		});
	}
	const found = `[${tensor.dims.join(", ")}]`;
	if (found !== expected) throw new ArgumentError({ what, expected, found });
	if (tensor.data.length !== dims[0] * dims[1]) {
		throw new ArgumentError({ what, expected: `${dims[0] * dims[1]} elements`, found: String(tensor.data.length) });
	}
	return tensor.data;
}
