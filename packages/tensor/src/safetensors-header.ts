import { CheckpointError } from "./errors.ts";
import { refuseOtherKind } from "./file-kind.ts";
import { isObject } from "./parse-json.ts";
import { shown } from "./shown.ts";
import { parseStrictJson } from "./strict-json.ts";
import { BYTES, type DataType } from "./tensor.ts";

/** The format's names of the element types. The order is the one its reference writer lays tensors out in. */
export const DTYPES = {
	U64: "uint64",
	I64: "int64",
	F64: "float64",
	F32: "float32",
	U32: "uint32",
	I32: "int32",
	BF16: "bfloat16",
	F16: "float16",
	U16: "uint16",
	I16: "int16",
	F8_E4M3: "float8_e4m3fn",
	F8_E5M2: "float8_e5m2",
	I8: "int8",
	U8: "uint8",
	BOOL: "bool",
} as const satisfies Record<string, DataType>;

/** Bytes before the header's JSON: its length, a 64-bit little-endian integer. */
export const PREFIX = 8;
/** The longest header the format allows, in bytes. */
export const LONGEST_HEADER = 100_000_000;

/** Where one tensor lies in a safetensors file. */
export interface TensorInfo {
	readonly type: DataType;
	readonly dims: readonly number[];
	/** First byte, counted from the file's start. */
	readonly offset: number;
	/** Bytes. */
	readonly length: number;
}

export interface SafetensorsHeader {
	/** By name, in the order of the header. */
	readonly tensors: ReadonlyMap<string, TensorInfo>;
	/** The header's `__metadata__`; empty where it has none. */
	readonly metadata: Readonly<Record<string, string>>;
	/** First byte after the header. */
	readonly dataStart: number;
}

/**
 * Length in bytes of the header's JSON, from the first 8 bytes of a file of `fileLength` bytes; `name` is the file's, for messages. Of
 * more bytes (`HEAD` of them) the error says what a file is that is none.
 * @throws CheckpointError where the file cannot hold that header, or the format does not allow it.
 */
export function headerLength(prefix: Uint8Array, fileLength: number, name: string): number {
	if (prefix.length > PREFIX || fileLength <= PREFIX) refuseOtherKind(name, "a safetensors file", prefix, fileLength);
	if (prefix.length < PREFIX || fileLength < PREFIX)
		fail(name, `at least ${PREFIX} bytes`, `${Math.min(prefix.length, fileLength)}`);
	const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getBigUint64(0, true);
	if (length > LONGEST_HEADER) fail(`${name}, header`, `at most ${LONGEST_HEADER} bytes`, `${length}`);
	const left = fileLength - PREFIX;
	if (length > left) fail(`${name}, header`, `${length} bytes`, `the file's end after ${left}`);
	return Number(length);
}

/**
 * Parses and checks a safetensors header against all rules of the format; it also refuses keys given twice, the key `__proto__`
 * and the element types that no `DataType` stands for (bare exponents, and floats of fewer than 8 bits).
 *
 * @param json the header without the 8 bytes of its length
 * @param fileLength bytes of the whole file
 * @param name the file's, for messages
 * @throws CheckpointError
 */
export function parseHeader(json: Uint8Array, fileLength: number, name: string): SafetensorsHeader {
	const header = parseObject(json, name);
	const dataStart = PREFIX + json.length;
	const { __metadata__: metadata = {}, ...entries } = header;
	const tensors = new Map<string, TensorInfo>();
	for (const [tensor, entry] of Object.entries(entries)) {
		tensors.set(tensor, parseTensor(entry, dataStart, `${name}, tensor ${tensor}`));
	}
	checkLayout(tensors, dataStart, fileLength, name);
	return { tensors, metadata: parseMetadata(metadata, name), dataStart };
}

function parseObject(json: Uint8Array, name: string): Record<string, unknown> {
	if (json[0] !== 0x7b)
		fail(`${name}, header`, 'a JSON object, so "{" first', json.length ? `byte ${json[0]}` : "nothing");
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
	} catch (cause) {
		fail(`${name}, header`, "UTF-8", "other bytes", cause);
	}
	try {
		return parseStrictJson(text) as Record<string, unknown>;
	} catch (cause) {
		fail(`${name}, header`, "JSON", (cause as Error).message, cause);
	}
}

function parseTensor(entry: unknown, dataStart: number, what: string): TensorInfo {
	if (!isObject(entry)) fail(what, "an object with dtype, shape and data_offsets", shown(entry));
	const { dtype, shape, data_offsets: offsets } = entry;
	if (typeof dtype !== "string" || !Object.hasOwn(DTYPES, dtype))
		throw new CheckpointError({
			what: `${what}, dtype`,
			expected: `one of ${Object.keys(DTYPES).join(", ")}`,
			found: shown(dtype),
			next: "Use a checkpoint of these types: floats of fewer than 8 bits cannot be read",
		});
	if (!isCounts(shape)) fail(`${what}, shape`, "integers from 0 to 2^53 - 1", shown(shape));
	if (!isCounts(offsets) || offsets.length !== 2)
		fail(`${what}, data_offsets`, "two integers from 0 to 2^53 - 1", shown(offsets));
	const [start, end] = offsets as [number, number];
	if (end < start) fail(`${what}, data_offsets`, "an end not before the start", shown(offsets));
	const type = DTYPES[dtype as keyof typeof DTYPES];
	const length = [...shape, BYTES[type]].reduce((product, factor) => {
		if (product * factor > Number.MAX_SAFE_INTEGER) fail(`${what}, shape`, "fewer than 2^53 bytes", shown(shape));
		return product * factor;
	}, 1);
	if (length !== end - start)
		fail(`${what}, data_offsets`, `${length} bytes for ${dtype} ${shown(shape)}`, `${end - start}`);
	return { type, dims: shape, offset: dataStart + start, length };
}

/** Tensors must lie end to end from the header to the file's end. */
function checkLayout(tensors: Map<string, TensorInfo>, dataStart: number, fileLength: number, name: string): void {
	const sorted = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
	let end = dataStart;
	for (const [tensor, { offset, length }] of sorted) {
		if (offset !== end) {
			const fault = offset < end ? "an overlap" : "a hole";
			fail(`${name}, tensor ${tensor}`, `its first byte at ${end}`, `${fault}: it starts at ${offset}`);
		}
		end += length;
	}
	if (end !== fileLength) fail(name, `${end} bytes, where its last tensor ends`, `${fileLength}`);
}

function parseMetadata(metadata: unknown, name: string): Record<string, string> {
	if (!isObject(metadata)) fail(`${name}, __metadata__`, "an object", shown(metadata));
	for (const [key, value] of Object.entries(metadata)) {
		if (typeof value !== "string") fail(`${name}, __metadata__ ${key}`, "a string", shown(value));
	}
	return metadata as Record<string, string>;
}

function isCounts(value: unknown): value is number[] {
	return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

function fail(what: string, expected: string, found: string, cause?: unknown): never {
	throw new CheckpointError({ what, expected, found, cause, next: "The file is damaged or not in this format" });
}
