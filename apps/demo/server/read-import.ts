import { type HistoryFormat, parseHistory } from "@drum/peca";
import { DrumError } from "@drum/tensor";
import { Item, type Problem, type Warning } from "../api/index.ts";
import { MOST_IMPORT } from "./limits.ts";
import { MOST_ERRORS, Refusal } from "./refusal.ts";

type Errors = NonNullable<Problem["errors"]>;

/** What an imported file may be, by its content type. */
export const IMPORT_FORMATS: Readonly<Record<string, HistoryFormat>> = {
	"text/csv": "csv",
	"text/tab-separated-values": "tsv",
	"application/x-ndjson": "jsonl",
};

const FILE = "the file";

/** The prompts of a file, and what of it was passed over. */
export interface Imported {
	items: Item[];
	warnings: Warning[];
}

/**
 * Reads the prompts of an imported file.
 * @throws Refusal that tells each row that is wrong by its line
 */
export async function readImport(bytes: Uint8Array, format: HistoryFormat, most: number): Promise<Imported> {
	const items: Item[] = [];
	const warnings: Warning[] = [];
	const errors: Errors = [];
	const onWarning = (warning: Warning) => {
		const message = warning.message.replace(`${FILE}: a`, "A");
		warnings.push({ ...warning, message });
	};
	const onRow = (row: unknown, at: string) => {
		const item = Item.safeParse(row);
		if (item.success) items.push(item.data);
		else if (errors.length < MOST_ERRORS) errors.push(...item.error.issues.map(({ message }) => ({ at, message })));
	};
	try {
		await parseHistory(bytes, format, FILE, { most, mostBytes: MOST_IMPORT, onRow, onWarning });
	} catch (error) {
		if (!DrumError.is(error)) throw error;
		errors.push(errorOf(error));
	}
	if (errors.length === 0 && items.length > 0) return { items, warnings };
	throw notImported(errors.length > 0 ? errors : [{ at: "", message: "it has no prompts" }]);
}

/** Of a row: where it stands, and what is wrong with it. */
function errorOf({ what, expected, found, next, message }: DrumError): Errors[number] {
	const at = new RegExp(`^${FILE}, (line|row) \\d+$`).test(what) ? what.slice(FILE.length + 2) : "";
	if (!expected) return { at, message };
	return { at, message: `expected ${expected}${found ? `, found ${found}` : ""}${next ? `. ${next}` : ""}` };
}

function notImported(errors: Errors): Refusal {
	const title = "The file could not be imported";
	return new Refusal({ status: 422, kind: "invalid", title, detail: "Nothing of it was added", errors });
}
