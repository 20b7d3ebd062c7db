import type { NameRow, StoredForm } from "./name-table.ts";

/** Scale and shift of a norm, which diffusers has the other way round. */
export const SWAPPED: StoredForm = {
	rows: [
		[1, 2, 2],
		[0, 1, 2],
	],
};

/** Three modules that a file has as one, as queries, keys and values. */
export function thirds(own: readonly [string, string, string], file: string): NameRow[] {
	return own.map((name, i): NameRow => [name, file, { rows: [[i, i + 1, 3]] }]);
}
