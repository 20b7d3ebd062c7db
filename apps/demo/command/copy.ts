import { dumpTables, restoreTables } from "@drum/database";
import type { Command } from "commander";
import { openStore, type Store } from "../store/open-store.ts";
import type { Tables } from "../store/tables.ts";
import { DATA_FLAG, DATA_TEXT, type PlaceOptions, placeOf } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is one service's own: where a dump is restored, browsers sign in anew. */
type Own = "sessions" | "service";

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
	jobs: true,
	pictures: true,
} satisfies { [Table in Exclude<keyof Tables, Own>]: true });

export function addCopyCommands(program: Command, { env, out }: Surroundings): void {
	const inStore = async (options: PlaceOptions, task: (store: Store) => Promise<Record<string, number>>) => {
		const place = placeOf(options, env);
		await using store = await openStore(place);
		for (const [table, count] of Object.entries(await task(store))) out(`${table}\t${count}`);
	};
	program
		.command("dump <file>")
		.description(
			"Writes all that is kept into one file, as it stands at one moment, and prints the rows of each table.",
		)
		.option(DATA_FLAG, DATA_TEXT)
		.action((file: string, options: PlaceOptions) => inStore(options, (store) => dumpTables(store, TABLES, file)));
	program
		.command("restore <file>")
		.description("Fills a new database with a dump; `serve` then puts jobs that had not ended into the queue again.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((file: string, options: PlaceOptions) => inStore(options, (store) => restoreTables(store, TABLES, file)));
}
