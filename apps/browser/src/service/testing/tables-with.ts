import type { Store, Table } from "../store.ts";

const TABLES: readonly Table[] = ["histories", "jobs", "profiles", "pictures", "named"];

/** Tables of which a row has a text somewhere, in its files too. */
export async function tablesWith(store: Store, text: string): Promise<Table[]> {
	const found: Table[] = [];
	for (const table of TABLES) {
		const rows = await store.all(table);
		const files = rows.flatMap((row) => Object.values(row).filter((value) => value instanceof Blob));
		const texts = [JSON.stringify(rows), ...(await Promise.all(files.map((file) => file.text())))];
		if (texts.some((each) => each.includes(text))) found.push(table);
	}
	return found;
}
