import { quantizedBytes, type WeightDtype, type WeightSource } from "@drum/graph";
import { type CheckpointTensor, sizeOf } from "@drum/tensor";

const FLOAT = 4;
/** Tables of which a run takes some rows; they are mapped from the file as it has them. */
const TABLE = /(^|\.)(shared|embed_tokens|token_embedding|relative_attention_bias)\.weight$|^pos_embed\.pos_embed$/;
/** Of CLIP's text tower: a table, and the one matrix that features go through, which stays as it is. */
const NOT_QUANTIZED = /(^|\.)position_embedding\.weight$|^text_projection\.weight$/;
/** Layers over the time's embedding and what is added to it, which take one row at a time. */
const ONE_ROW =
	/(^|\.)((time|add)_embedding|time_emb_proj|time_text_embed|(norm1|norm1_context|norm|norm_out)\.linear)\./;
/** Smaller blocks than this the C library keeps for later ones when they are freed: measured with glibc. */
const GIVEN_BACK = 2 ** 25;

/** Weights as a CPU holds them. */
export interface HeldWeights {
	/** Bytes in memory. */
	readonly memory: number;
	/** Those of them that stay with the process when the model is freed, for what it loads next. */
	readonly staying: number;
	/** Bytes of quantised weights on the disk. */
	readonly disk: number;
}

const NOTHING: HeldWeights = { memory: 0, staying: 0, disk: 0 };

interface HoldOptions {
	/** The tensors that a run loads. Default: all. */
	loads?: (tensor: string) => boolean;
	/** As of `quantize` in `@drum/graph`. */
	outliers?: boolean;
}

/** How tensors are held: what layers multiply with quantised if `dtype` says so, the others in float32, tables as they are. */
export function holdWeights(
	weights: WeightSource,
	dtype: WeightDtype = "auto",
	{ loads = () => true, outliers = false }: HoldOptions = {},
): HeldWeights {
	const names = [...weights.names()].filter(loads);
	return sumHeld(names.map((name) => holdTensor(name, weights.get(name)!, dtype, outliers)));
}

function holdTensor(name: string, place: CheckpointTensor, dtype: WeightDtype, outliers: boolean): HeldWeights {
	const { dims, length, type } = place;
	const isAsStored = "file" in place;
	// Counters that older files keep are not loaded.
	if (!/float/.test(type)) return NOTHING;
	if (TABLE.test(name) && isAsStored && !/float8/.test(type)) return { ...NOTHING, memory: length };
	const disk =
		(dtype === "int8" || dtype === "int4") && !NOT_QUANTIZED.test(name)
			? (quantizedBytes(dtype, dims, { outliers, oneRow: ONE_ROW.test(name) }) ?? 0)
			: 0;
	const memory = disk || sizeOf(dims) * FLOAT;
	// What is neither cast nor packed is the file itself, mapped.
	const copied = !isAsStored || type !== "float32" || dims.length === 2;
	return { memory, staying: copied && memory < GIVEN_BACK ? memory : 0, disk };
}

export function sumHeld(parts: readonly HeldWeights[]): HeldWeights {
	return parts.reduce(
		(sum, { memory, staying, disk }) => ({
			memory: sum.memory + memory,
			staying: sum.staying + staying,
			disk: sum.disk + disk,
		}),
		NOTHING,
	);
}
