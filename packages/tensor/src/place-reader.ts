import { type ByteReader, type ByteSource, openReader } from "./byte-source.ts";
import { CheckpointError } from "./errors.ts";
import { toFloat32 } from "./half.ts";
import { tensorOver } from "./safetensors.ts";
import { BYTES, type Tensor } from "./tensor.ts";
import type { CheckpointTensor, ScaledTensor, StoredTensor, TensorSource, TransposedTensor } from "./tensor-place.ts";

/**
 * Reads what lies at places of a checkpoint, in the form in which models see it, each file opened once.
 * @throws FileError where a file cannot be read, CheckpointError where it was cut short since it was opened.
 */
export class PlaceReader {
	readonly #files = new Map<ByteSource, Promise<ByteReader>>();

	/** Bytes of the tensor at `place`, all or `length` of them from `start` on; `tensor` names it in messages. */
	async read(
		tensor: string,
		place: CheckpointTensor,
		start = 0,
		length = place.length - start,
	): Promise<Uint8Array<ArrayBuffer>> {
		if ("file" in place) return this.#readStored(tensor, place, start, length);
		if ("transposed" in place) return this.#readTransposed(tensor, place, start, length);
		if ("scaled" in place) return this.#readScaled(tensor, place, start, length);
		const bytes = new Uint8Array(length);
		let at = 0;
		for (const part of place.joined) {
			const [first, last] = [Math.max(start, at), Math.min(start + length, at + part.length)];
			if (first < last) bytes.set(await this.read(tensor, part, first - at, last - first), first - start);
			at += part.length;
		}
		return bytes;
	}

	async #readStored(
		tensor: string,
		{ file, offset, length: whole }: StoredTensor,
		start: number,
		length: number,
	): Promise<Uint8Array<ArrayBuffer>> {
		const opened = this.#files.get(file) ?? openReader(file);
		this.#files.set(file, opened);
		const bytes = await (await opened).read(offset + start, offset + start + length);
		if (bytes.length === length) return bytes;
		const what = `${file.name}, tensor ${tensor}`;
		throw new CheckpointError({ what, expected: `${whole} bytes`, found: `the end after ${start + bytes.length}` });
	}

	/** The matrix is read whole: those that are stored so are small. */
	async #readTransposed(
		tensor: string,
		{ type, transposed }: TransposedTensor,
		start: number,
		length: number,
	): Promise<Uint8Array<ArrayBuffer>> {
		const stored = await this.read(tensor, transposed);
		const size = BYTES[type];
		const [columns, rows] = transposed.dims as [number, number];
		const bytes = new Uint8Array(length);
		for (let at = 0; at < length; at++) {
			const element = Math.floor((start + at) / size);
			const [row, column] = [Math.floor(element / columns), element % columns];
			bytes[at] = stored[(column * rows + row) * size + ((start + at) % size)]!;
		}
		return bytes;
	}

	async #readScaled(
		tensor: string,
		{ scaled, factor }: ScaledTensor,
		start: number,
		length: number,
	): Promise<Uint8Array<ArrayBuffer>> {
		const [first, last] = [Math.floor(start / 4), Math.ceil((start + length) / 4)];
		const size = BYTES[scaled.type];
		const stored = await this.read(tensor, scaled, first * size, (last - first) * size);
		const values = Float32Array.from(toFloat32(tensorOver(stored.buffer, { type: scaled.type, dims: [last - first] })));
		const factors = toFloat32(tensorOver((await this.read(tensor, factor)).buffer, factor));
		const row = scaled.length / size / scaled.dims[0]!;
		for (let i = 0; i < values.length; i++)
			values[i]! *= factors[factors.length === 1 ? 0 : Math.floor((first + i) / row)]!;
		return new Uint8Array(values.buffer).slice(start - first * 4, start - first * 4 + length);
	}

	async close(): Promise<void> {
		const files = [...this.#files.values()];
		this.#files.clear();
		await Promise.all(files.map(async (file) => (await file.catch(() => undefined))?.close()));
	}
}

/**
 * Reads one of a checkpoint's tensors; undefined where it has none of that name.
 * @throws as `PlaceReader`
 */
export async function readTensor(source: Pick<TensorSource, "get">, tensor: string): Promise<Tensor | undefined> {
	const place = source.get(tensor);
	if (!place) return undefined;
	const reader = new PlaceReader();
	try {
		return tensorOver((await reader.read(tensor, place)).buffer, place);
	} finally {
		await reader.close();
	}
}
