import { ArgumentError } from "./errors.ts";
import { HEAD } from "./file-kind.ts";
import { DTYPES, headerLength, LONGEST_HEADER, PREFIX, parseHeader } from "./safetensors-header.ts";
import { shown } from "./shown.ts";
import { BYTES, type DataType, type DataTypes, sizeOf, type Tensor } from "./tensor.ts";

export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

const ARRAYS: { readonly [T in DataType]: new (buffer: ArrayBuffer) => DataTypes[T] } = {
	float32: Float32Array,
	float64: Float64Array,
	float16: Uint16Array,
	bfloat16: Uint16Array,
	float8_e4m3fn: Uint8Array,
	float8_e5m2: Uint8Array,
	int8: Int8Array,
	uint8: Uint8Array,
	int16: Int16Array,
	uint16: Uint16Array,
	int32: Int32Array,
	uint32: Uint32Array,
	int64: BigInt64Array,
	uint64: BigUint64Array,
	bool: Uint8Array,
};

/** A tensor over the whole of `buffer`, which is not copied. */
export function tensorOver(buffer: ArrayBuffer, { type, dims }: { type: DataType; dims: readonly number[] }): Tensor {
	return { type, dims, data: new ARRAYS[type](buffer) };
}

/**
 * The tensors in the bytes of a safetensors file, as copies; `name` is the file's, for messages.
 * @throws CheckpointError where the bytes break a rule of the format.
 */
export function parseSafetensors(
	bytes: Uint8Array,
	name: string,
): { tensors: Map<string, Tensor>; metadata: Readonly<Record<string, string>> } {
	const length = headerLength(bytes.subarray(0, HEAD), bytes.length, name);
	const header = parseHeader(bytes.subarray(PREFIX, PREFIX + length), bytes.length, name);
	const tensors = new Map<string, Tensor>();
	for (const [tensor, info] of header.tensors) {
		const copy = new Uint8Array(info.length);
		copy.set(bytes.subarray(info.offset, info.offset + info.length));
		tensors.set(tensor, tensorOver(copy.buffer, info));
	}
	return { tensors, metadata: header.metadata };
}

/**
 * The bytes of a safetensors file, equal to those of the format's reference writer. No key of `metadata` is written by default.
 * @throws ArgumentError where a tensor's data does not fit its dims, or a name is one the format keeps for itself.
 */
export function serializeSafetensors(tensors: NamedTensors, metadata?: Readonly<Record<string, string>>): Uint8Array {
	const parts = layOut(tensors, metadata);
	const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

/** The file's parts in order, the header first; the tensors' bytes are views, not copies. */
export function layOut(tensors: NamedTensors, metadata?: Readonly<Record<string, string>>): Uint8Array[] {
	const dtypes = new Map(Object.entries(DTYPES).map(([dtype, type], rank) => [type as DataType, { dtype, rank }]));
	const entries: [string, Tensor][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
	for (const [name, tensor] of entries) checkTensor(name, tensor);
	// Largest elements first, so that each tensor is aligned to its element's size.
	entries.sort(([a, { type: s }], [b, { type: t }]) => dtypes.get(s)!.rank - dtypes.get(t)!.rank || (a < b ? -1 : 1));

	const fields = metadata ? [`"__metadata__":${JSON.stringify(checkMetadata(metadata))}`] : [];
	let end = 0;
	for (const [name, { type, dims, data }] of entries) {
		const start = end;
		end += data.byteLength;
		const entry = { dtype: dtypes.get(type)!.dtype, shape: dims, data_offsets: [start, end] };
		fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
	}
	const views = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
	return [encodeHeader(`{${fields.join(",")}}`), ...views];
}

function encodeHeader(json: string): Uint8Array {
	const text = new TextEncoder().encode(json);
	const length = Math.ceil(text.length / 8) * 8;
	if (length > LONGEST_HEADER)
		throw new ArgumentError({ what: "header", expected: `at most ${LONGEST_HEADER} bytes`, found: `${length}` });
	const header = new Uint8Array(PREFIX + length).fill(0x20);
	new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
	header.set(text, PREFIX);
	return header;
}

function checkTensor(name: string, { type, dims, data }: Tensor): void {
	const what = `tensor ${name}`;
	if (name === "__metadata__" || name === "__proto__")
		throw new ArgumentError({ what, expected: "a name the format does not keep for itself", found: shown(name) });
	if (!Object.hasOwn(BYTES, type))
		throw new ArgumentError({ what: `${what}, type`, expected: Object.keys(BYTES).join(", "), found: shown(type) });
	const bytes = sizeOf(dims) * BYTES[type];
	if (data.byteLength !== bytes)
		throw new ArgumentError({ what, expected: `${bytes} bytes for ${shown(dims)}`, found: `${data.byteLength}` });
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	for (const [key, value] of Object.entries(metadata)) {
		if (typeof value !== "string" || key === "__proto__")
			throw new ArgumentError({
				what: `metadata ${key}`,
				expected: "a string, not under __proto__",
				found: shown(value),
			});
	}
	return metadata;
}
