import { ArgumentError, checkNames } from "@drum/tensor";
import { Kysely, type QueryExecutorProvider, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { setBackend } from "./backend.ts";
import { openEmbedded } from "./embedded.ts";
import { openServer } from "./server.ts";

/** Where the database is: a folder, for the embedded Postgres, or a server's URL. */
export type DatabasePlace = { folder: string } | { url: string };

export interface OpenDatabaseOptions {
	/** Migrations by name; run in the order of their names, each once, also where several processes open at once. */
	migrations: Readonly<Record<string, Migration>>;
}

/** A Postgres with an application's tables in it, brought up to date. */
export interface Database<Tables> extends AsyncDisposable {
	/** The embedded one is this process's alone. */
	readonly kind: "embedded" | "server";
	/**
	 * The embedded Postgres does one thing at a time: within a transaction use the transaction alone, since what goes
	 * around it waits for it to end.
	 */
	readonly kysely: Kysely<Tables>;
	/** Tells all who listen, on any machine, when the transaction commits. At most 8000 bytes. */
	notify(channel: string, payload: string, transaction?: QueryExecutorProvider): Promise<void>;
	/**
	 * Hears what `notify` tells, until the function returned is called. Never throw in the callbacks.
	 * @param onGap the connection was lost, and is there again: some may have been missed. The embedded Postgres has no gaps
	 */
	listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
}

/**
 * Opens the database and runs the migrations that it has not had. Close its job queues before it.
 * @throws FileError where the folder is another process's, or cannot be read or written
 * @throws ArgumentError where the URL, the user or the server's set-up is wrong, or the database is a newer program's
 * @throws DownloadError where the server is out of reach; another try may do
 */
export async function openDatabase<Tables>(
	place: DatabasePlace,
	options: OpenDatabaseOptions,
): Promise<Database<Tables>> {
	checkNames("openDatabase", options, ["migrations"]);
	const { migrations } = options;
	const backend = "url" in place ? await openServer(place.url) : await openEmbedded(place.folder);
	const kysely = new Kysely<Tables>({ dialect: backend.dialect });
	let closing: Promise<void> | undefined;
	async function close(): Promise<void> {
		await kysely.destroy();
		await backend[Symbol.asyncDispose]();
	}
	try {
		await migrate(kysely, migrations);
	} catch (error) {
		await close();
		throw error;
	}
	const database: Database<Tables> = {
		kind: backend.kind,
		kysely,
		async notify(channel, payload, transaction = kysely) {
			await sql`select pg_notify(${channel}, ${payload})`.execute(transaction);
		},
		listen: (channel, onPayload, onGap = () => {}) => backend.listen(channel, onPayload, onGap),
		[Symbol.asyncDispose]() {
			closing ??= close();
			return closing;
		},
	};
	setBackend(database, backend);
	return database;
}

async function migrate<Tables>(kysely: Kysely<Tables>, migrations: OpenDatabaseOptions["migrations"]): Promise<void> {
	const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => ({ ...migrations }) } });
	const { error } = await migrator.migrateToLatest();
	if (error instanceof Error && error.message.startsWith("corrupted migrations")) {
		throw new ArgumentError({
			what: "the database",
			expected: "no migration but those of this program",
			found: error.message,
			next: "Use the newest version of the program that made it",
			cause: error,
		});
	}
	if (error) throw error;
}
