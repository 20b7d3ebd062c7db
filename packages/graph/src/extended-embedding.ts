import type { TensorSource } from "@drum/tensor";
import { embedding } from "./layers.ts";
import { cast, sub, where } from "./ops/elementwise.ts";
import { concat, gather, unsqueeze } from "./ops/shape.ts";
import type { Value } from "./value.ts";
import { Weights } from "./weights.ts";

/** Rows behind a table's own, `[rows, width]` or `[width]` in their file. */
export interface MoreRows {
	readonly source: TensorSource;
	readonly tensor: string;
}

/** `nn.Embedding` of a table that has `more` behind its own rows: indices from `rows` on are theirs. No table is copied. */
export function extendedEmbedding(
	w: Weights,
	indices: Value,
	rows: number,
	width: number,
	more: readonly MoreRows[],
): Value {
	if (more.length === 0) return embedding(w, indices, rows, width);
	const { graph } = w;
	const [none, end] = [graph.integers([0]), graph.integers([rows])];
	const isOwn = graph.node("Less", [indices, end], { dims: indices.dims, type: "bool" });
	const own = embedding(w, where(isOwn, indices, none), rows, width);
	const parts = more.map(({ source, tensor }) => {
		const { dims } = source.get(tensor)!;
		const view = dims.length === 1 ? [1, width] : dims;
		return cast(new Weights(graph, source).getStored(tensor, dims, view), graph.precision);
	});
	const behind = where(isOwn, none, sub(indices, end));
	const learned = gather(parts.length === 1 ? parts[0]! : concat(parts, 0), behind);
	return where(unsqueeze(isOwn, indices.dims.length), own, learned);
}
