import type { FileHandle } from "node:fs/promises";
import { BYTES, CheckpointError, type DataType, PlaceReader, tensorOver, toFloat32 } from "@drum/tensor";
import type { DataDigest } from "./data-digest.ts";
import { type BlockFormat, type ChannelFormat, type Place, type QuantizedMatrix, rowParts } from "./formats.ts";
import type { Matrix } from "./matrices.ts";
import { emptyChannels, quantizeChannels } from "./quantize-channels.ts";
import type { QuantizeProgress } from "./quantize-options.ts";
import { type QuantizedRows, quantizeRows } from "./quantize-rows.ts";

export interface WriteOptions {
	signal?: AbortSignal | undefined;
	onProgress?: ((progress: QuantizeProgress) => void) | undefined;
}

/** Weights at once: a few milliseconds of work, between which the event loop is free. */
const STRETCH = 1 << 19;

/**
 * Quantises the matrices one after another, a stretch of rows at a time, each into its place in `target` and into the digest.
 * @throws CheckpointError where a weight is not finite or its file was cut short; FileError where it cannot be read.
 */
export async function writeQuantized(
	target: FileHandle,
	matrices: readonly Matrix[],
	places: ReadonlyMap<string, QuantizedMatrix>,
	digest: DataDigest,
	options: WriteOptions,
): Promise<void> {
	const total = matrices.reduce((sum, { place }) => sum + place.length, 0);
	let loaded = 0;
	const source = new PlaceReader();
	try {
		for (const matrix of matrices) {
			await writeMatrix(source, { file: target, digest }, matrix, places.get(matrix.key)!, options.signal, (bytes) => {
				loaded += bytes;
				options.onProgress?.({ tensor: matrix.name, loaded, total });
			});
		}
	} finally {
		await source.close();
	}
}

interface Target {
	readonly file: FileHandle;
	readonly digest: DataDigest;
}

async function writeMatrix(
	source: PlaceReader,
	target: Target,
	matrix: Matrix,
	place: QuantizedMatrix,
	signal: AbortSignal | undefined,
	done: (bytes: number) => void,
): Promise<void> {
	const { name, place: stored, rows, columns } = matrix;
	const rowBytes = stored.length / rows;
	const step = Math.max(1, Math.floor(STRETCH / columns));
	const read = (row: number) => source.read(name, stored, row * rowBytes, Math.min(step, rows - row) * rowBytes);
	const { format } = place;
	const { take, end } =
		format.kind === "blocks" ? blockWriter(target, place, format) : channelWriter(target, place, format);
	let bytes = await read(0);
	for (let row = 0; row < rows; row += step) {
		signal?.throwIfAborted();
		// The next rows are read while these are quantised.
		const next = row + step < rows ? read(row + step) : Promise.resolve(bytes);
		const taken = take(floats(bytes, stored.type), row);
		const [following] = await Promise.all([next, taken]);
		if (taken === undefined) throw notFinite(name);
		done(bytes.byteLength);
		bytes = following;
	}
	await end();
}

/** Takes a stretch of rows; undefined where a weight is not finite. */
interface Writer {
	take(weights: Float32Array, row: number): Promise<void> | undefined;
	end(): Promise<void>;
}

function blockWriter(target: Target, place: QuantizedMatrix, format: BlockFormat): Writer {
	return {
		take(weights, row) {
			const quantized = quantizeRows(weights, place.columns, format);
			return quantized && writeRows(target, place, row, quantized);
		},
		end: async () => undefined,
	};
}

/** A row's codes do not lie together: the whole is written at the end. */
function channelWriter(target: Target, { rows, columns, ...places }: QuantizedMatrix, format: ChannelFormat): Writer {
	const channels = emptyChannels(rows, columns);
	return {
		take(weights, row) {
			return quantizeChannels(weights, columns, row, format, channels) ? Promise.resolve() : undefined;
		},
		async end() {
			await write(target, places.scales, 0, new Uint8Array(channels.scales.buffer));
			await write(target, places.codes, 0, new Uint8Array(channels.codes.buffer));
		},
	};
}

function floats({ buffer: bytes }: Uint8Array<ArrayBuffer>, type: DataType): Float32Array {
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

function notFinite(tensor: string): CheckpointError {
	return new CheckpointError({
		what: `weight ${tensor}`,
		expected: "finite numbers",
		found: "an infinity or NaN, which cannot be quantised",
		next: "The checkpoint is damaged, or overflowed when it was made",
	});
}
