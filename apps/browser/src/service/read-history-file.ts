import type { Item, Warning } from "@drum/demo/api";
import { MOST_ENTRIES } from "@drum/demo/api/limits";
import { Failure, failureOfProblem } from "@drum/demo/page/failure";
import type { SentFile } from "@drum/demo/page/service";
import { MOST_IMPORT } from "@drum/demo/server/limits";
import { IMPORT_FORMATS, type Imported, readImport } from "@drum/demo/server/read-import";
import { Refusal } from "@drum/demo/server/refusal";

/** The first bytes of a gzip file. */
const GZIP = [0x1f, 0x8b];

/**
 * Reads a history's file, packed by gzip or not.
 * @throws Failure that tells what is wrong, by line
 */
export async function readHistoryFile({ type, body }: SentFile): Promise<{ items: Item[]; warnings: Warning[] }> {
	const bytes = await unpacked(body);
	try {
		return readImport(bytes, IMPORT_FORMATS[type]!, MOST_ENTRIES) satisfies Imported;
	} catch (error) {
		if (error instanceof Refusal) throw failureOfProblem(error.problem);
		throw error;
	}
}

async function unpacked(file: Blob): Promise<Uint8Array> {
	const begin = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer());
	if (!GZIP.every((byte, i) => begin[i] === byte)) return new Uint8Array(await file.arrayBuffer());
	const parts: Uint8Array<ArrayBuffer>[] = [];
	let size = 0;
	try {
		for await (const part of file.stream().pipeThrough(new DecompressionStream("gzip"))) {
			size += part.length;
			if (size > MOST_IMPORT) break;
			parts.push(part as Uint8Array<ArrayBuffer>);
		}
	} catch {
		throw new Failure("The file could not be imported", 422, "It is not a gzip file, or it is damaged.");
	}
	if (size <= MOST_IMPORT) return new Uint8Array(await new Blob(parts).arrayBuffer());
	throw new Failure("The file could not be imported", 422, `It has more than ${MOST_IMPORT / 2 ** 20} MiB of text.`);
}
