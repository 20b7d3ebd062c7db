import type { Item, Warning } from "@drum/demo/api";
import { MOST_ENTRIES } from "@drum/demo/api/limits";
import { failureOfProblem } from "@drum/demo/page/failure";
import type { SentFile } from "@drum/demo/page/service";
import { IMPORT_FORMATS, type Imported, readImport } from "@drum/demo/server/read-import";
import { Refusal } from "@drum/demo/server/refusal";

/**
 * Reads a history's file, packed by gzip or not.
 * @throws a Failure that tells what is wrong, by line
 */
export async function readHistoryFile({ type, body }: SentFile): Promise<{ items: Item[]; warnings: Warning[] }> {
	try {
		const bytes = new Uint8Array(await body.arrayBuffer());
		return (await readImport(bytes, IMPORT_FORMATS[type]!, MOST_ENTRIES)) satisfies Imported;
	} catch (error) {
		if (error instanceof Refusal) throw failureOfProblem(error.problem);
		throw error;
	}
}
