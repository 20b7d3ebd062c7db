import type { FileHandle } from "node:fs/promises";
import { BYTES, CheckpointError, type DataType, FileError, tensorOver, toFloat32 } from "@drum/tensor";
import { openFile } from "@drum/tensor/node";
import type { DataDigest } from "./data-digest.ts";
import { type Place, type QuantizedMatrix, rowParts } from "./formats.ts";
import type { Matrix } from "./matrices.ts";
import { type QuantizedRows, quantizeRows } from "./quantize-rows.ts";

/** How far quantising has come. */
export interface QuantizeProgress {
	/** The matrix at work. */
	tensor: string;
	/** Bytes of the checkpoint's matrices that are done. */
	loaded: number;
	total: number;
}

export interface WriteOptions {
	signal?: AbortSignal | undefined;
	onProgress?: ((progress: QuantizeProgress) => void) | undefined;
}

/** Weights at once: a few milliseconds of work, between which the event loop is free. */
const STRETCH = 1 << 19;

/**
 * Quantises the matrices a stretch of rows at a time, each into its place in `target` and into the digest.
 * @throws CheckpointError where a weight is not finite or its file was cut short; FileError where it cannot be read.
 */
export async function writeQuantized(
	target: FileHandle,
	matrices: readonly Matrix[],
	places: ReadonlyMap<string, QuantizedMatrix>,
	digest: DataDigest,
	options: WriteOptions,
): Promise<void> {
	const total = matrices.reduce((sum, { length }) => sum + length, 0);
	let loaded = 0;
	for (const matrix of matrices) {
		const source = await openFile(matrix.file);
		try {
			await writeMatrix(source, { file: target, digest }, matrix, places.get(matrix.name)!, options.signal, (bytes) => {
				loaded += bytes;
				options.onProgress?.({ tensor: matrix.name, loaded, total });
			});
		} finally {
			await source.close();
		}
	}
}

interface Target {
	readonly file: FileHandle;
	readonly digest: DataDigest;
}

async function writeMatrix(
	source: FileHandle,
	target: Target,
	matrix: Matrix,
	place: QuantizedMatrix,
	signal: AbortSignal | undefined,
	done: (bytes: number) => void,
): Promise<void> {
	const { rows, columns, length } = matrix;
	const rowBytes = length / rows;
	const step = Math.max(1, Math.floor(STRETCH / columns));
	const read = (row: number) => readRows(source, matrix, row * rowBytes, Math.min(step, rows - row) * rowBytes);
	let bytes = await read(0);
	for (let row = 0; row < rows; row += step) {
		signal?.throwIfAborted();
		// The next rows are read while these are quantised.
		const next = row + step < rows ? read(row + step) : Promise.resolve(bytes);
		const quantized = quantizeRows(floats(bytes, matrix.type), columns, place.format);
		const [following] = await Promise.all([next, quantized && writeRows(target, place, row, quantized)]);
		if (!quantized) throw notFinite(matrix.name);
		done(bytes.byteLength);
		bytes = following;
	}
}

function floats(bytes: ArrayBuffer, type: DataType): Float32Array {
	return toFloat32(tensorOver(bytes, { type, dims: [bytes.byteLength / BYTES[type]] }));
}

async function writeRows(
	target: Target,
	{ format, columns, ...places }: QuantizedMatrix,
	row: number,
	parts: QuantizedRows,
): Promise<void> {
	const each = rowParts(format, columns);
	await write(target, places.codes, row * each.codes, parts.codes);
	await write(target, places.scales, row * each.scales * 4, new Uint8Array(parts.scales.buffer));
	if (places.zeroPoints) await write(target, places.zeroPoints, row * each.zeroPoints, parts.zeroPoints);
}

async function write({ file, digest }: Target, place: Place, start: number, bytes: Uint8Array): Promise<void> {
	digest.add(place.offset, bytes);
	await writeAt(file, bytes, place.offset + start);
}

/** Writes all of the bytes. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
	for (let at = 0; at < bytes.length; ) {
		const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
		at += bytesWritten;
	}
}

async function readRows(source: FileHandle, matrix: Matrix, start: number, length: number): Promise<ArrayBuffer> {
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; ) {
		const { bytesRead } = await source.read(bytes, at, length - at, matrix.offset + start + at).catch((cause) => {
			throw unreadable(matrix.file, cause);
		});
		if (bytesRead === 0) {
			const what = `${matrix.file}, tensor ${matrix.name}`;
			throw new CheckpointError({ what, expected: `${matrix.length} bytes`, found: `the end after ${start + at}` });
		}
		at += bytesRead;
	}
	return bytes.buffer;
}

function unreadable(path: string, cause: unknown): FileError {
	return new FileError({ what: path, expected: "a file that can be read", found: (cause as Error).message, cause });
}

function notFinite(tensor: string): CheckpointError {
	return new CheckpointError({
		what: `weight ${tensor}`,
		expected: "finite numbers",
		found: "an infinity or NaN, which cannot be quantised",
		next: "The checkpoint is damaged, or overflowed when it was made",
	});
}
