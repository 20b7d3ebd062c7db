import { dumpTables, restoreTables } from "@drum/database";
import { ArgumentError } from "@drum/tensor";
import type { Command } from "commander";
import { filesInRows } from "../store/objects/dump-files.ts";
import { moveFiles } from "../store/objects/move-files.ts";
import type { Store } from "../store/open-store.ts";
import type { Tables } from "../store/tables.ts";
import { openFor } from "./open-place.ts";
import { DATA_FLAG, DATA_TEXT, type PlaceOptions } from "./place.ts";
import { storageOf } from "./storage.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is one service's own: where a dump is restored, browsers sign in anew, and files are objects of another store, or of none. */
type Own = "sessions" | "service" | "objects_to_remove";

/** All tables but those; what others refer to comes before them. */
const TABLES = Object.keys({
	secrets: true,
	users: true,
	tokens: true,
	histories: true,
	entries: true,
	features: true,
	profiles: true,
	profile_parts: true,
	named_profiles: true,
	jobs: true,
	inputs: true,
	pictures: true,
} satisfies { [Table in Exclude<keyof Tables, Own>]: true });

export function addCopyCommands(program: Command, { env, out, say }: Surroundings): void {
	const inStore = async (options: PlaceOptions, task: (store: Store) => Promise<Record<string, number>>) => {
		await using store = await openFor(options, { env, say });
		for (const [table, count] of Object.entries(await task(store))) out(`${table}\t${count}`);
	};
	program
		.command("dump <file>")
		.description("Writes a snapshot of all data into one file, and prints the number of rows of each table.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((file: string, options: PlaceOptions) =>
			inStore(options, (store) => dumpTables(store, TABLES, file, { change: filesInRows(store) })),
		);
	program
		.command("restore <file>")
		.description("Fills a new database from a dump. `serve` then puts unfinished jobs back into the queue.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((file: string, options: PlaceOptions) =>
			inStore(options, async (store) => {
				const counts = await restoreTables(store, TABLES, file);
				await moveFiles(store);
				return counts;
			}),
		);
	program
		.command("move-files")
		.description("Moves pictures and profiles from the database to the store of objects that STORAGE_URL names.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((options: PlaceOptions) => {
			if (!storageOf(env))
				throw new ArgumentError({ what: "STORAGE_URL", expected: "a store to move to", found: "none" });
			return inStore(options, moveFiles);
		});
}
