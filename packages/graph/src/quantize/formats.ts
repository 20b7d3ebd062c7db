/** How a model's matrices are held: as they are stored (`"auto"`, `"float32"`, which also computes so on any device), or quantised. */
export const WEIGHT_DTYPES = ["auto", "float32", "int8", "int4"] as const;
export type WeightDtype = (typeof WEIGHT_DTYPES)[number];

export type QuantizedDtype = Exclude<WeightDtype, "auto" | "float32">;

/** Rows in blocks along the columns; a block's weights are `(code − zero point) · scale`. */
export interface QuantizedFormat {
	readonly bits: 4 | 8;
	/** Weights that share a scale. */
	readonly block: number;
	/** Whether each block has a zero point of its own; without, it is the middle code. */
	readonly zeroPoints: boolean;
}

const BYTES: QuantizedFormat = { bits: 8, block: 64, zeroPoints: false };
const NIBBLES: QuantizedFormat = { bits: 4, block: 32, zeroPoints: true };

/**
 * How a matrix `[rows, columns]` is held: `"int4"` keeps 8 bits where there are more columns than rows. Such matrices sum up a
 * model's widest layers, and are a fifth to a third of its weights for a third of its error.
 */
export function formatOf(dtype: QuantizedDtype, rows: number, columns: number): QuantizedFormat {
	return dtype === "int4" && columns <= rows ? NIBBLES : BYTES;
}

/** A stretch of a file. */
export interface Place {
	readonly file: string;
	readonly offset: number;
	readonly length: number;
}

/** A quantised matrix `[rows, columns]` and where its parts lie. */
export interface QuantizedMatrix {
	readonly format: QuantizedFormat;
	readonly rows: number;
	readonly columns: number;
	/** Codes, uint8 `[rows, blocks, block · bits / 8]`, the lower bits first. */
	readonly codes: Place;
	/** float32 `[rows, blocks]`. */
	readonly scales: Place;
	/** Codes of zero, uint8 `[rows, bytes]`, packed as the codes are. */
	readonly zeroPoints: Place | undefined;
}

/** Elements of one row's parts: of `scales` float32, of the others bytes. */
export function rowParts({ bits, block, zeroPoints }: QuantizedFormat, columns: number) {
	const blocks = columns / block;
	return {
		codes: (columns * bits) / 8,
		scales: blocks,
		zeroPoints: zeroPoints ? Math.ceil((blocks * bits) / 8) : 0,
	};
}
