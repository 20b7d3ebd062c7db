import { quantizedBytes, type WeightDtype, type WeightSource } from "@drum/graph";
import { type CheckpointTensor, sizeOf } from "@drum/tensor";

const FLOAT = 4;
/** Tables from which a run takes some rows. They are mapped from the file unchanged. */
const TABLE = /(^|\.)(shared|embed_tokens|token_embedding|relative_attention_bias)\.weight$|^pos_embed\.pos_embed$/;
/** Of CLIP's text tower: a table, and the projection of features, which is not quantised. */
const NOT_QUANTIZED = /(^|\.)position_embedding\.weight$|^text_projection\.weight$/;
/** Layers on the time embedding and what is added to it. They compute one row at a time. */
const ONE_ROW =
	/(^|\.)((time|add)_embedding|time_emb_proj|time_text_embed|(norm1|norm1_context|norm|norm_out)\.linear)\./;
/** The C library keeps smaller freed blocks than this for later use: measured with glibc, in bytes. */
const GIVEN_BACK = 2 ** 25;

/** Memory of weights on a CPU. */
export interface HeldWeights {
	/** Bytes in memory. */
	readonly memory: number;
	/** Bytes of these that stay with the process when the model is freed, for what it loads next. */
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

/** How tensors are in memory: matrices of layers quantised if `dtype` says so, the others in float32, and tables unchanged. */
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
	// Counters in older files are not loaded.
	if (!/float/.test(type)) return NOTHING;
	if (TABLE.test(name) && isAsStored && !/float8/.test(type)) return { ...NOTHING, memory: length };
	const disk =
		(dtype === "int8" || dtype === "int4") && !NOT_QUANTIZED.test(name)
			? (quantizedBytes(dtype, dims, { outliers, oneRow: ONE_ROW.test(name) }) ?? 0)
			: 0;
	const memory = disk || sizeOf(dims) * FLOAT;
	// A tensor that is neither cast nor packed is mapped from the file.
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
