import type { ColumnMetaData, DataReader, PageHeader } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { readVarInt } from "hyparquet/src/thrift.js";
import { compressors } from "hyparquet-compressors";

/**
 * Checks a page of texts before the reader, because a few bytes can make the reader allocate any amount of memory: by a run of any length, or by
 * values that repeat the beginning of the one before. Throws an Error that says what is wrong.
 * @param bytes the page as stored
 * @param isOptional whether values may be null
 * @returns the bytes of values that repeat beginnings of others, when complete; 0 if there are none
 */
export function checkContents(
	bytes: Uint8Array,
	page: PageHeader,
	codec: ColumnMetaData["codec"],
	isOptional: boolean,
): number {
	const { reader, count } = page.data_page_header_v2
		? openSecond(bytes, page, codec, isOptional)
		: openFirst(bytes, page, codec, isOptional);
	const encoding = (page.data_page_header_v2 ?? page.data_page_header)!.encoding;
	if (/_DICTIONARY$/.test(encoding) && count > 0) checkRuns(reader, reader.view.getUint8(reader.offset++), count);
	return encoding === "DELTA_BYTE_ARRAY" && count > 0 ? wholeBytes(reader, count) : 0;
}

/** A page's values, after the levels that mark null values, and how many are not null. */
function openFirst(bytes: Uint8Array, page: PageHeader, codec: ColumnMetaData["codec"], isOptional: boolean) {
	const reader = readerOf(decompressPage(bytes, page.uncompressed_page_size, codec, compressors));
	const count = page.data_page_header!.num_values;
	if (!isOptional) return { reader, count };
	checkRuns({ view: reader.view, offset: reader.offset + 4 }, 1, count);
	const levels = new Array<number>(count);
	readRleBitPackedHybrid(reader, 1, levels);
	return { reader, count: levels.slice(0, count).filter((level) => level === 1).length };
}

/** The same for a page of version 2, with levels that are not compressed. */
function openSecond(bytes: Uint8Array, page: PageHeader, codec: ColumnMetaData["codec"], isOptional: boolean) {
	const { data_page_header_v2: header, uncompressed_page_size: unpacked } = page;
	const { repetition_levels_byte_length: repeated, definition_levels_byte_length: defined, num_values } = header!;
	if (isOptional) checkRuns({ view: readerOf(bytes).view, offset: repeated }, 1, num_values);
	const levels = repeated + defined;
	const packed = bytes.subarray(levels);
	const values =
		header!.is_compressed === false ? packed : decompressPage(packed, unpacked - levels, codec, compressors);
	return { reader: readerOf(values), count: num_values - header!.num_nulls };
}

/** Runs of equal numbers, and of packed numbers in groups of eight. */
function checkRuns({ view, offset }: DataReader, width: number, count: number): void {
	const reader = { view, offset };
	for (let seen = 0; seen < count; ) {
		const header = readVarInt(reader);
		const size = header >>> 1;
		const isGroups = (header & 1) === 1;
		if (!isGroups && size > count - seen) throw new Error(`a run of ${size} values where ${count - seen} can be`);
		reader.offset += isGroups ? size * width : Math.ceil(width / 8);
		seen += isGroups ? size * 8 : size;
	}
}

function wholeBytes(reader: DataReader, count: number): number {
	const shared = new Int32Array(count);
	deltaBinaryUnpack(reader, count, shared);
	const own = new Int32Array(count);
	deltaBinaryUnpack(reader, count, own);
	let [sum, before] = [0, 0];
	for (const [i, rest] of own.entries()) {
		const beginning = shared[i]!;
		if (beginning < 0 || beginning > before) throw new Error(`${beginning} bytes of a value that has ${before}`);
		if (rest < 0) throw new Error(`a value of ${rest} bytes`);
		before = beginning + rest;
		sum += before;
	}
	return sum;
}

function readerOf({ buffer, byteOffset, byteLength }: Uint8Array): DataReader {
	return { view: new DataView(buffer, byteOffset, byteLength), offset: 0 };
}
