import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryTable } from "./model-tables.ts";
import { pictureSeconds, stepSeconds } from "./seconds-tables.ts";

// Tables of the documentation that are made from data: `npx tsx --conditions=@drum/source test/docs/tables.ts` writes them.

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

/** What stands between `<!-- name: … -->` and `<!-- end of name -->`, by its page. */
const TABLES: Readonly<Record<string, Readonly<Record<string, () => string | Promise<string>>>>> = {
	"models.md": { memory: memoryTable, seconds: stepSeconds },
	"fast.md": { seconds: pictureSeconds },
};

/** Each page with tables as it is, and as the data would have it. */
export async function pagesWithTables(): Promise<{ page: string; found: string; expected: string }[]> {
	return Promise.all(
		Object.entries(TABLES).map(async ([page, tables]) => {
			const found = readFileSync(join(DOCS, page), "utf8");
			let expected = found;
			for (const [name, table] of Object.entries(tables)) expected = replaced(expected, name, await table());
			return { page, found, expected };
		}),
	);
}

function replaced(page: string, name: string, table: string): string {
	const region = new RegExp(`(<!-- ${name}: .* -->\n)[^]*(<!-- end of ${name} -->)`);
	if (!region.test(page)) throw new Error(`no place for the table "${name}"`);
	return page.replace(region, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
}

if (import.meta.main)
	for (const { page, expected } of await pagesWithTables()) writeFileSync(join(DOCS, page), expected);
