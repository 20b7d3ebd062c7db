import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { folderOf } from "@drum/test-files";

/** A folder for a run, with an empty database, which is gone after the tests. */
export async function runFolder(): Promise<string> {
	const folder = await folderOf();
	await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
	return folder;
}
