import { weightsKind } from "@drum/formats";
import type { WeightSource, Weights } from "@drum/graph";
import { CheckpointError, type TextEncoder } from "@drum/tensor";
import type { AdapterConfig } from "./adapter-model.ts";
import { refuseLengths } from "./refuse-lengths.ts";

interface AdapterFiles {
	weights: WeightSource;
	encoder: TextEncoder;
}

/**
 * Reads an adapter's sizes from the shapes of its weights.
 * @throws CheckpointError if they do not fit the encoder, or are not an adapter's; ArgumentError as `refuseLengths`
 */
export function readConfig({ weights, encoder }: AdapterFiles): AdapterConfig {
	const { width, heads, tokens, hasClassRow } = encoder;
	refuseLengths(encoder);
	const rows = tokens + (hasClassRow ? 1 : 0);
	const what = `adapter ${weights.name}`;
	const query = weights.get("base_query")?.dims;
	const next = `Is it the adapter of ${encoder.name}?`;
	const inner = query?.[2] ?? 0;
	if (query?.[1] !== rows || !(inner > 0) || width % inner !== 0 || heads % (width / inner) !== 0) {
		const expected = `a base_query [1, ${rows}, ${width}], or of a reduced width`;
		throw new CheckpointError({ what, expected, found: query ? `[${query.join(", ")}]` : other(weights), next });
	}
	const layers = new Set([...weights.names()].flatMap((name) => /^tf\.(\d+)\./.exec(name)?.[1] ?? [])).size;
	if (layers === 0) throw new CheckpointError({ what, expected: "blocks tf.0, tf.1, …", found: "none", next });
	return { width, inner, heads: heads / (width / inner), tokens, rows, layers };
}

/**
 * Refuses weights of blocks that the graph does not use: they belong to another kind of adapter. Weights outside the blocks, such as
 * `base_query`, are ignored, because only training needs them.
 * @throws CheckpointError naming an unused weight
 */
export function checkUnused(w: Weights, { weights, encoder }: AdapterFiles): void {
	const unused = w.unused().filter((name) => /^(tf|pre_proj|post_proj)\./.test(name));
	if (unused.length === 0) return;
	throw new CheckpointError({
		what: `adapter ${weights.name}`,
		expected: `only blocks that the adapter of ${encoder.name} has`,
		found: `${unused.length} more weights, such as ${unused[0]}`,
		next: `Give the adapter that was trained for ${encoder.name}`,
	});
}

/** Says what weights without a `base_query` are. */
function other(weights: WeightSource): string {
	const kind = weightsKind(weights);
	return kind ? `none in ${kind.is}` : "none";
}
