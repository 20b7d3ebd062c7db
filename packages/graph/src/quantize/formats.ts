import type { ByteSource } from "@drum/tensor";
/**
 * How a model's weights are held and computed with: as they are stored (`"auto"`, `"float32"`, which also computes so on any device);
 * `"int8"`, which rounds weights and what they are multiplied with to 8 bits; `"int4"`, which holds matrices in 4.
 */
export const WEIGHT_DTYPES = ["auto", "float32", "int8", "int4"] as const;
export type WeightDtype = (typeof WEIGHT_DTYPES)[number];

export type QuantizedDtype = Exclude<WeightDtype, "auto" | "float32">;

export type QuantizedFormat = BlockFormat | ChannelFormat;

/** Rows in blocks along the columns; a block's weights are `(code − zero point) · scale`. */
export interface BlockFormat {
	readonly kind: "blocks";
	readonly bits: 4 | 8;
	/** Weights that share a scale. */
	readonly block: number;
	/** Whether each block has a zero point of its own; without, it is the middle code. */
	readonly zeroPoints: boolean;
}

/** int8, one scale for each row: what the processor multiplies with uint8 inputs. A row's weights are `code · scale`. */
export interface ChannelFormat {
	readonly kind: "channels";
	/** Equal parts of the rows that lie apart, as the layer uses them. */
	readonly parts: number;
	/** A convolution's taps, `kernel²`, which are the outer order of the columns; 1 of a matrix. */
	readonly taps: number;
	/** The largest code: 127, or 63 on a processor whose products of two codes of 8 bits overflow. */
	readonly largest: number;
}

/** How a layer multiplies with a weight. */
export interface WeightUse {
	/** Equal parts of the outputs that are used apart. Default 1. */
	readonly parts?: number;
	/** Whether it takes one row at a time, such as the time's embedding. */
	readonly oneRow: boolean;
}

/** A stretch of a file. */
export interface Place {
	readonly file: ByteSource;
	readonly offset: number;
	readonly length: number;
}

/** A quantised matrix `[rows, columns]`, or a kernel with its inputs and taps as columns, and where its parts lie. */
export interface QuantizedMatrix {
	readonly format: QuantizedFormat;
	readonly rows: number;
	readonly columns: number;
	/** In blocks: uint8 `[rows, blocks, block · bits / 8]`, the lower bits first. In channels: int8 `[parts, columns, rows / parts]`. */
	readonly codes: Place;
	/** float32 `[rows, blocks]`, or `[rows]`. */
	readonly scales: Place;
	/** Codes of zero, uint8 `[rows, bytes]`, packed as the codes are. */
	readonly zeroPoints: Place | undefined;
}

/** Elements of one row's parts: of `scales` float32, of the others bytes. */
export function rowParts(format: QuantizedFormat, columns: number) {
	if (format.kind === "channels") return { codes: columns, scales: 1, zeroPoints: 0 };
	const { bits, block, zeroPoints } = format;
	const blocks = columns / block;
	return {
		codes: (columns * bits) / 8,
		scales: blocks,
		zeroPoints: zeroPoints ? Math.ceil((blocks * bits) / 8) : 0,
	};
}
