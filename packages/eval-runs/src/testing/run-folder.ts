import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { folderOf } from "@drum/test-files";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";

/** A folder for a run, with an empty database, which is gone after the tests. */
export async function runFolder(): Promise<string> {
	const folder = await folderOf({}, CHEAP_FOLDER);
	await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
	return folder;
}
