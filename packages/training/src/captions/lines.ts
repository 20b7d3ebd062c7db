import { parseJson, shown } from "@drum/tensor";
import { captionColumn } from "./column.ts";
import type { LineBlock } from "./line-blocks.ts";
import { LINE_BREAK } from "./line-blocks.ts";
import { malformed } from "./malformed.ts";

const EXPECTED = '{"caption": "…"} or "…"';

/** One caption in each line. */
export async function* textRows(blocks: AsyncIterable<LineBlock>): AsyncGenerator<string[]> {
	for await (const block of blocks) yield linesOf(block);
}

/** One JSON object or string in each line. Empty lines and other fields are skipped. `null` is an empty caption. */
export async function* jsonlRows(
	blocks: AsyncIterable<LineBlock>,
	path: string,
	column: string | undefined,
): AsyncGenerator<string[]> {
	let key: string | undefined;
	for await (const block of blocks) {
		yield linesOf(block).map((source, index) => {
			if (source.trim() === "") return "";
			const place = `${path}, line ${block.line + index}`;
			const row = parse(source, place);
			if (typeof row === "string") return row;
			if (typeof row !== "object" || row === null || Array.isArray(row)) throw malformed(place, EXPECTED, shown(row));
			if (key === undefined) {
				const names = Object.keys(row);
				key = names[captionColumn(names, column, place)]!;
			}
			const value = (row as Record<string, unknown>)[key];
			if (value === undefined) throw malformed(place, `a field "${key}"`, shown(row));
			if (value !== null && typeof value !== "string") throw malformed(place, `"${key}" as text`, shown(value));
			return value ?? "";
		});
	}
}

function linesOf({ bytes }: LineBlock): string[] {
	const lines = bytes.toString().split(LINE_BREAK);
	if (lines.at(-1) === "") lines.pop();
	return lines;
}

function parse(source: string, place: string): unknown {
	try {
		return parseJson(source);
	} catch (cause) {
		const next = source.trim() === "[" ? "Put each row on a line of its own, without brackets" : undefined;
		throw malformed(place, EXPECTED, shown(source), next, cause);
	}
}
