/** Element types under ONNX Runtime's names; bfloat16 and 8-bit floats, which checkpoints hold and its JavaScript has no name for, under PyTorch's. */
export interface DataTypes {
	float32: Float32Array;
	float64: Float64Array;
	/** Bit patterns: Node 22 has no `Float16Array`. */
	float16: Uint16Array;
	/** Bit patterns. */
	bfloat16: Uint16Array;
	/** Bit patterns. */
	float8_e4m3fn: Uint8Array;
	/** Bit patterns. */
	float8_e5m2: Uint8Array;
	int8: Int8Array;
	uint8: Uint8Array;
	int16: Int16Array;
	uint16: Uint16Array;
	int32: Int32Array;
	uint32: Uint32Array;
	int64: BigInt64Array;
	uint64: BigUint64Array;
	/** One byte an element, 0 or 1. */
	bool: Uint8Array;
}

export type DataType = keyof DataTypes;

/**
 * The one tensor interface of all packages. It is structural: a tensor of ONNX Runtime or of transformers.js is one
 * as it stands, without a copy. Elements lie in row-major order, `data.length` is the product of `dims`.
 */
export interface Tensor<T extends DataType = DataType> {
	readonly dims: readonly number[];
	readonly type: T;
	readonly data: DataTypes[T];
}

/** Bytes of one element. */
export const BYTES: Readonly<Record<DataType, number>> = {
	float32: 4,
	float64: 8,
	float16: 2,
	bfloat16: 2,
	float8_e4m3fn: 1,
	float8_e5m2: 1,
	int8: 1,
	uint8: 1,
	int16: 2,
	uint16: 2,
	int32: 4,
	uint32: 4,
	int64: 8,
	uint64: 8,
	bool: 1,
};

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(dims: readonly number[]): number {
	return dims.reduce((size, dim) => size * dim, 1);
}

/** A float32 tensor over `data`, which is not copied. */
export function float32(data: Float32Array, dims: readonly number[]): Tensor<"float32"> {
	return { type: "float32", dims, data };
}
