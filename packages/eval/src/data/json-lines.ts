import { FileError, jsonFault, parseJson } from "@drum/tensor";
import { openFile } from "@drum/tensor/node";
import { unreadable } from "./unreadable.ts";

export interface JsonLine {
	readonly value: unknown;
	/** `histories.jsonl, line 3` */
	readonly place: string;
}

/**
 * The values of a JSONL file, one after another; empty lines are skipped. Lines end in `\n`, `\r\n` or `\r` and nowhere else:
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

/** Characters of a line: more are a file of another kind. */
const LONGEST_LINE = 10_000_000;

async function* linesOf(path: string): AsyncGenerator<string> {
	const file = await openFile(path).catch((cause) => {
		throw unreadable(path, cause);
	});
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let rest = "";
	try {
		for await (const bytes of file.createReadStream()) {
			const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split(LINE_END);
			rest = lines.pop()!;
			if (rest.length > LONGEST_LINE) {
				throw new FileError({
					what: path,
					expected: `lines of at most ${LONGEST_LINE} characters`,
					found: "a longer one",
				});
			}
			yield* lines;
		}
		rest += decoder.decode();
	} catch (cause) {
		if (cause instanceof FileError) throw cause;
		throw unreadable(path, cause);
	} finally {
		await file.close();
	}
	// A `\r` that was last may be an end of its own.
	yield* rest.split(/\r/);
}

function parse(source: string, place: string): unknown {
	try {
		return parseJson(source);
	} catch (cause) {
		throw new FileError({ what: place, expected: "JSON", found: jsonFault(source, cause), cause });
	}
}
