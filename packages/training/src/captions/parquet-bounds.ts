import type { AsyncBuffer, ColumnMetaData, FileMetaData, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { checkContents } from "./page-contents.ts";

/** The most rows of a row group. All its values are in memory, and a few bytes can stand for any number of equal values. */
const MOST_ROWS = 10_000_000;
/** The most decompressed bytes of a row group's captions, and of a page of them. */
const MOST_BYTES = 512 * 2 ** 20;
const MOST_PAGE_BYTES = 128 * 2 ** 20;

/**
 * Refuses a file with impossible counts, or counts that need more memory than captions do: the reader allocates arrays of these sizes before it reads
 * the data. Throws an Error that says what is wrong.
 */
export async function checkBounds(
	file: AsyncBuffer,
	metadata: FileMetaData,
	{ name, isOptional }: { name: string; isOptional: boolean },
): Promise<void> {
	let rows = 0;
	for (const [i, group] of metadata.row_groups.entries()) {
		const count = Number(group.num_rows);
		if (!isCount(count, MOST_ROWS)) throw new Error(`row group ${i + 1} of ${count} rows`);
		rows += count;
		const chunks = group.columns.map(({ meta_data }) => meta_data);
		const chunk = chunks.find((each) => each?.path_in_schema[0] === name);
		if (!chunk) throw new Error(`row group ${i + 1} without the column`);
		await checkChunk(file, chunk, isOptional, count, `row group ${i + 1}`);
		// Reads pages in order, so that only values that were checked here determine where they are.
		for (const column of group.columns) {
			delete column.offset_index_offset;
			delete column.column_index_offset;
		}
	}
	if (rows !== Number(metadata.num_rows)) throw new Error(`${metadata.num_rows} rows, and ${rows} in its row groups`);
}

async function checkChunk(
	file: AsyncBuffer,
	chunk: ColumnMetaData,
	isOptional: boolean,
	rows: number,
	where: string,
): Promise<void> {
	if (Number(chunk.num_values) !== rows) throw new Error(`${where}: ${chunk.num_values} values in ${rows} rows`);
	const unpacked = Number(chunk.total_uncompressed_size);
	if (!isCount(unpacked, MOST_BYTES)) throw new Error(`${where} of ${unpacked} bytes`);
	const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
	const end = start + Number(chunk.total_compressed_size);
	if (!isCount(start, file.byteLength) || !isCount(end, file.byteLength) || end < start) {
		throw new Error(`${where} from byte ${start} to ${end}, in a file of ${file.byteLength}`);
	}
	const reader = { view: new DataView(await file.slice(start, end)), offset: 0 };
	let values = 0;
	let bytes = 0;
	let whole = 0;
	while (reader.offset < reader.view.byteLength - 1) {
		const page = parquetHeader(reader);
		checkPage(page, reader.view.byteLength - reader.offset, rows - values, where);
		const packed = new Uint8Array(reader.view.buffer, reader.offset, page.compressed_page_size);
		reader.offset += page.compressed_page_size;
		bytes += page.uncompressed_page_size;
		if (bytes > unpacked) throw new Error(`${where}: pages of more than its ${unpacked} bytes`);
		if (page.type === "DICTIONARY_PAGE") continue;
		values += valuesOf(page);
		const texts = told(where, () => checkContents(packed, page, chunk.codec, isOptional));
		whole += texts;
		if (texts > MOST_PAGE_BYTES || whole > MOST_BYTES) throw new Error(`${where}: texts of ${whole} bytes in ${bytes}`);
	}
	if (values !== rows) throw new Error(`${where}: ${values} values in ${rows} rows`);
}

function told<T>(where: string, check: () => T): T {
	try {
		return check();
	} catch (cause) {
		throw new Error(`${where}: ${(cause as Error).message}`, { cause });
	}
}

function checkPage(page: PageHeader, left: number, rows: number, where: string): void {
	const { compressed_page_size: packed, uncompressed_page_size: unpacked } = page;
	if (!isCount(packed, left)) throw new Error(`${where}: a page of ${packed} bytes, of which ${left} are there`);
	if (!isCount(unpacked, MOST_PAGE_BYTES)) throw new Error(`${where}: a page of ${unpacked} bytes, unpacked`);
	const values = valuesOf(page);
	// An entry of a dictionary takes at least four bytes, for its length.
	const most = page.type === "DICTIONARY_PAGE" ? unpacked / 4 : rows;
	if (!isCount(values, most)) throw new Error(`${where}: a page of ${values} values where ${most} can be`);
	const levels = page.data_page_header_v2;
	if (!levels) return;
	const { num_nulls: nulls, num_rows: own, repetition_levels_byte_length: repeated } = levels;
	if (!isCount(nulls, values) || own !== values) throw new Error(`${where}: a page of ${own} rows, ${nulls} nulls`);
	if (!isCount(repeated, packed) || !isCount(levels.definition_levels_byte_length, packed - repeated)) {
		throw new Error(`${where}: levels beyond their page`);
	}
}

function valuesOf({ type, data_page_header, data_page_header_v2, dictionary_page_header }: PageHeader): number {
	const headers = { DATA_PAGE: data_page_header, DATA_PAGE_V2: data_page_header_v2 };
	const header = type === "DICTIONARY_PAGE" ? dictionary_page_header : headers[type as keyof typeof headers];
	if (!header) throw new Error(`a page of type ${type}`);
	return header.num_values;
}

function isCount(value: number, most: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= most;
}
