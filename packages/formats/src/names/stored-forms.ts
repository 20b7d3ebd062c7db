import type { NameRow, StoredForm } from "./name-table.ts";

/** The scale and shift of a norm, which diffusers has in the opposite order. */
export const SWAPPED: StoredForm = {
	rows: [
		[1, 2, 2],
		[0, 1, 2],
	],
};

/** Three modules that a file joins, such as queries, keys and values. */
export function thirds(own: readonly [string, string, string], file: string): NameRow[] {
	return own.map((name, i): NameRow => [name, file, { rows: [[i, i + 1, 3]] }]);
}
