import type { ByteSource } from "./byte-source.ts";
import type { TensorInfo } from "./safetensors-header.ts";
import { BYTES, sizeOf } from "./tensor.ts";

/** A tensor as a file has it. */
export interface StoredTensor extends TensorInfo {
	/** The safetensors file that holds it. */
	readonly file: ByteSource;
}

/**
 * Where one of a checkpoint's tensors lies: a stretch of a file, or, where a file has it in another form than models take it,
 * what it is made of while a model loads. `dims`, `type` and `length` are the tensor's as the model sees it.
 */
export type CheckpointTensor = StoredTensor | TransposedTensor | JoinedTensor | ScaledTensor;

type Seen = Omit<TensorInfo, "offset">;

/** A matrix that is stored as `[columns, rows]`. */
export interface TransposedTensor extends Seen {
	readonly transposed: StoredTensor;
}

/** The elements of several tensors, one after the other. */
export interface JoinedTensor extends Seen {
	readonly joined: readonly CheckpointTensor[];
}

/** Elements that are multiplied by a factor in float32: all by one, or each row by its own. */
export interface ScaledTensor extends Seen {
	readonly scaled: CheckpointTensor;
	/** One number, or one for each row. */
	readonly factor: StoredTensor;
}

/** Named tensors and where they lie: an opened `Checkpoint`, or what gives its tensors other names. */
export interface TensorSource {
	/** Names it in messages. */
	readonly name: string;
	/** Where a tensor lies; undefined where there is none of that name. */
	get(tensor: string): CheckpointTensor | undefined;
	names(): Iterable<string>;
	/** What a user can do where a tensor is missing or of another shape than a model's, as a sentence. */
	readonly advice?: string | undefined;
}

/** The same tensors with such advice. */
export function advised(source: TensorSource, advice: string): TensorSource {
	return { name: source.name, get: (tensor) => source.get(tensor), names: () => source.names(), advice };
}

/** The same elements in another shape, such as a 1×1 convolution's as a matrix. */
export function seenAs<T extends CheckpointTensor>(place: T, dims: readonly number[]): T {
	if (sizeOf(dims) !== sizeOf(place.dims)) throw new TypeError(`[${place.dims}] cannot be seen as [${dims}]`);
	return { ...place, dims };
}

/** The transposed matrix. */
export function transposedTensor(place: StoredTensor): TransposedTensor {
	const [rows, columns, ...more] = place.dims;
	if (columns === undefined || more.length > 0) throw new TypeError(`[${place.dims}] is no matrix`);
	return { type: place.type, dims: [columns, rows!], length: place.length, transposed: place };
}

/** One tensor of several that differ in their rows alone. */
export function joinedTensor(places: readonly CheckpointTensor[]): JoinedTensor {
	const [first] = places;
	if (!first || places.some(({ type }) => type !== first.type))
		throw new TypeError("only tensors of one type are joined");
	const rows = places.reduce((sum, { dims }) => sum + dims[0]!, 0);
	const length = places.reduce((sum, place) => sum + place.length, 0);
	return { type: first.type, dims: [rows, ...first.dims.slice(1)], length, joined: places };
}

/** The tensor times a factor, which has one element or one for each row. */
export function scaledTensor(place: CheckpointTensor, factor: StoredTensor): ScaledTensor {
	const factors = sizeOf(factor.dims);
	if (factors !== 1 && factors !== place.dims[0])
		throw new TypeError(`[${factor.dims}] is no factor of [${place.dims}]`);
	return { type: "float32", dims: place.dims, length: sizeOf(place.dims) * BYTES.float32, scaled: place, factor };
}

/** `count` rows from `from` on: a place of its own, since rows lie one after the other. */
export function rowsOf(place: CheckpointTensor, from: number, count: number): CheckpointTensor {
	const [rows = 1, ...rest] = place.dims;
	if (from === 0 && count === rows) return place;
	if (from < 0 || from + count > rows) throw new TypeError(`rows ${from} to ${from + count} of [${place.dims}]`);
	const seen = { type: place.type, dims: [count, ...rest], length: (place.length / rows) * count };
	if ("file" in place) return { ...seen, file: place.file, offset: place.offset + (place.length / rows) * from };
	if ("scaled" in place) {
		const { scaled, factor } = place;
		const isOne = sizeOf(factor.dims) === 1;
		return {
			...seen,
			scaled: rowsOf(scaled, from, count),
			factor: isOne ? factor : (rowsOf(seenAs(factor, [rows]), from, count) as StoredTensor),
		};
	}
	if ("transposed" in place) throw new TypeError("rows of a transposed matrix do not lie together");
	let at = 0;
	const parts = place.joined.flatMap((part) => {
		const [first, last] = [Math.max(from, at), Math.min(from + count, at + part.dims[0]!)];
		const own = first < last ? [rowsOf(part, first - at, last - first)] : [];
		at += part.dims[0]!;
		return own;
	});
	return parts.length === 1 ? parts[0]! : { ...seen, joined: parts };
}

/** The stored tensors that a tensor is made of. */
export function storedParts(place: CheckpointTensor): StoredTensor[] {
	if ("file" in place) return [place];
	if ("transposed" in place) return [place.transposed];
	if ("scaled" in place) return [...storedParts(place.scaled), place.factor];
	return place.joined.flatMap(storedParts);
}
