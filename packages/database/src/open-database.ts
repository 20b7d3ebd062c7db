import { Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Backend } from "./backend.ts";
import { openEmbedded } from "./embedded.ts";
import { openServer } from "./server.ts";

/** Where the database is: a folder, for the embedded Postgres, or a server's URL. */
export type DatabasePlace = { folder: string } | { url: string };

export interface OpenDatabaseOptions {
	/** Migrations by name; run in the order of their names, each once. */
	migrations: Readonly<Record<string, Migration>>;
}

/** A Postgres with pgvector and an application's tables in it, brought up to date. */
export interface Database<Tables> extends AsyncDisposable {
	readonly kind: Backend["kind"];
	readonly kysely: Kysely<Tables>;
	/** @internal what the job queue is made from */
	readonly backend: Backend;
	/** Tells all who listen, on any machine, when the transaction commits. At most 8000 bytes. */
	notify(channel: string, payload: string, transaction?: Kysely<Tables>): Promise<void>;
	/** Hears what `notify` tells. `onGap`: the connection was lost for a while, and some may have been missed. */
	listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
}

/** Opens the database and runs the migrations that it has not had. */
export async function openDatabase<Tables>(
	place: DatabasePlace,
	{ migrations }: OpenDatabaseOptions,
): Promise<Database<Tables>> {
	const backend = "url" in place ? await openServer(place.url) : await openEmbedded(place.folder);
	const kysely = new Kysely<Tables>({ dialect: backend.dialect });
	const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => ({ ...migrations }) } });
	const { error } = await migrator.migrateToLatest();
	if (error) {
		await backend[Symbol.asyncDispose]();
		throw error;
	}
	return {
		kind: backend.kind,
		kysely,
		backend,
		async notify(channel, payload, transaction = kysely) {
			await sql`select pg_notify(${channel}, ${payload})`.execute(transaction);
		},
		listen: (channel, onPayload, onGap = () => {}) => backend.listen(channel, onPayload, onGap),
		[Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
	};
}
