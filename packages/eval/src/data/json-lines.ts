import { createReadStream } from "node:fs";
import { FileError, jsonFault } from "@drum/tensor";
import { unreadable } from "./unreadable.ts";

export interface JsonLine {
	readonly value: unknown;
	/** `histories.jsonl, line 3` */
	readonly place: string;
}

/**
 * The values of a JSONL file, one after another; empty lines are passed over. Lines end in `\n`, `\r\n` or `\r` and nowhere else:
 * Node.js's `readline` also breaks at U+2028, which a prompt may hold.
 * @throws FileError where the file cannot be read, is not UTF-8, or has a line that is no JSON: it names the line.
 */
export async function* jsonLines(path: string): AsyncGenerator<JsonLine> {
	let line = 0;
	for await (const source of linesOf(path)) {
		const place = `${path}, line ${++line}`;
		if (source.trim() === "") continue;
		yield { value: parse(source, place), place };
	}
}

/** A `\r` that is the last so far may be half of `\r\n`. */
const LINE_END = /\r\n|\n|\r(?=[\s\S])/;

async function* linesOf(path: string): AsyncGenerator<string> {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let rest = "";
	try {
		for await (const bytes of createReadStream(path)) {
			const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split(LINE_END);
			rest = lines.pop()!;
			yield* lines;
		}
		rest += decoder.decode();
	} catch (cause) {
		throw unreadable(path, cause);
	}
	// A `\r` that was last may be an end of its own.
	yield* rest.split(/\r/);
}

function parse(source: string, place: string): unknown {
	try {
		return JSON.parse(source);
	} catch (cause) {
		throw new FileError({ what: place, expected: "JSON", found: jsonFault(source, cause), cause });
	}
}
