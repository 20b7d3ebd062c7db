import type { FileHandle } from "node:fs/promises";
import { shown } from "@drum/tensor";
import {
	type AsyncBuffer,
	type FileMetaData,
	parquetMetadataAsync,
	parquetScan,
	parquetSchema,
	type SchemaTree,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { captionColumn } from "./column.ts";
import { malformed } from "./malformed.ts";
import { checkBounds } from "./parquet-bounds.ts";

const strict = new TextDecoder("utf-8", { fatal: true });
/** Throws for bytes that are not UTF-8, as for text files. */
const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && strict.decode(bytes) };

/** A column of a Parquet file, one row group at a time. Only this column is read. Nulls are empty captions. */
export async function* parquetRows(
	handle: FileHandle,
	path: string,
	column: string | undefined,
	signal: AbortSignal | undefined,
): AsyncGenerator<string[]> {
	const file = await asyncBuffer(handle);
	const metadata = await read(path, () => parquetMetadataAsync(file));
	const columns = await read(path, async () => columnsOf(metadata));
	const names = columns.map(({ element }) => element.name);
	const { element, children } = columns[captionColumn(names, column, path)]!;
	const { name, type, repetition_type } = element;
	if (children.length > 0 || repetition_type === "REPEATED" || type !== "BYTE_ARRAY") {
		throw malformed(path, `column "${name}" as text`, children.length > 0 ? "a nested one" : `${type}`);
	}
	await read(path, () => checkBounds(file, metadata, { name, isOptional: repetition_type === "OPTIONAL" }));
	const scan = await read(path, () => parquetScan({ file, metadata, columns: [name], compressors, parsers }));
	for (const range of scan.ranges) {
		signal?.throwIfAborted();
		const values: Iterable<unknown> = await read(path, () => scan.readColumn({ column: name, ...range }));
		yield Array.from(values, (value, index) => {
			if (value === null || value === undefined) return "";
			if (typeof value === "string") return value;
			throw malformed(`${path}, row ${range.rowStart + index + 1}`, `"${name}" as text`, shown(value));
		});
	}
}

function columnsOf(metadata: FileMetaData): SchemaTree[] {
	const { children } = parquetSchema(metadata);
	if (children.every(({ element }) => typeof element.name === "string")) return children;
	throw new Error("a column without a name");
}

async function asyncBuffer(handle: FileHandle): Promise<AsyncBuffer> {
	const { size } = await handle.stat();
	return {
		byteLength: size,
		async slice(start, end = size) {
			if (!(start >= 0 && start <= end && end <= size))
				throw new Error(`a part from byte ${start} to ${end} of ${size}`);
			const bytes = new ArrayBuffer(end - start);
			const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, end - start, start);
			if (bytesRead < end - start) throw new Error(`its end, ${end - start - bytesRead} bytes early`);
			return bytes;
		},
	};
}

async function read<T>(path: string, call: () => Promise<T>): Promise<T> {
	try {
		return await call();
	} catch (cause) {
		throw malformed(path, "a Parquet file", (cause as Error).message, undefined, cause);
	}
}
