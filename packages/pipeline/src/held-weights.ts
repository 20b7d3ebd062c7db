import { quantizedBytes, type WeightDtype, type WeightSource } from "@drum/graph";
import { type CheckpointTensor, sizeOf } from "@drum/tensor";

const FLOAT = 4;
/** Tables of which a run takes some rows; they are mapped from the file as it has them. */
const TABLE = /(^|\.)(shared|embed_tokens|token_embedding|relative_attention_bias)\.weight$|^pos_embed\.pos_embed$/;
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

/** How the tensors that a run loads are held: matrices quantised if `dtype` says so, the others in float32, tables as they are. */
export function holdWeights(
	weights: WeightSource,
	dtype: WeightDtype = "auto",
	loads: (tensor: string) => boolean = () => true,
): HeldWeights {
	return sumHeld([...weights.names()].filter(loads).map((name) => holdTensor(name, weights.get(name)!, dtype)));
}

function holdTensor(name: string, place: CheckpointTensor, dtype: WeightDtype): HeldWeights {
	const { dims, length, type } = place;
	const isAsStored = "file" in place;
	// Counters that older files keep are not loaded.
	if (!/float/.test(type)) return NOTHING;
	if (TABLE.test(name) && isAsStored && !/float8/.test(type)) return { ...NOTHING, memory: length };
	const disk = dtype === "int8" || dtype === "int4" ? (quantizedBytes(dtype, dims) ?? 0) : 0;
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
