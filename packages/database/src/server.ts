import { PostgresDialect } from "kysely";
import pg from "pg";
import type { Backend } from "./backend.ts";
import { keepListening } from "./listener.ts";
import { asUrlError, checkUrl, vectorError } from "./server-errors.ts";

/** A server that does not answer by then counts as out of reach. */
const CONNECT_MS = 10_000;
/** With those of a job queue about 15 of the 100 connections that a server has by default: several processes fit. */
const MOST_CONNECTIONS = 10;
/** Of a lock that keeps two processes from making the extension at once; any number that nothing else uses. */
const EXTENSION_LOCK = 7_386_010_301;

/**
 * A Postgres server, by its URL.
 * @throws ArgumentError where the URL, the user or the server's set-up is wrong
 * @throws DownloadError where the server is out of reach; another try may do
 */
export async function openServer(url: string): Promise<Backend> {
	const place = checkUrl(url);
	const connection = { connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true };
	const pool = new pg.Pool({ ...connection, max: MOST_CONNECTIONS, application_name: "drum" });
	// An idle connection that breaks is dropped, and the next query opens another: nobody waits for this one.
	pool.on("error", () => {});
	const listeners = new Set<() => Promise<void>>();
	try {
		await addVector(pool);
	} catch (error) {
		await pool.end();
		throw asUrlError(place, error);
	}
	return {
		kind: "server",
		dialect: new PostgresDialect({ pool }),
		queue: { ...connection, max: 4 },
		async listen(channel, onPayload, onGap) {
			const open = () => new pg.Client({ ...connection, application_name: "drum listener" });
			const stop = await keepListening(open, channel, onPayload, onGap);
			listeners.add(stop);
			return async () => {
				listeners.delete(stop);
				await stop();
			};
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(Array.from(listeners, (stop) => stop()));
			if (!pool.ending) await pool.end();
		},
	};
}

async function addVector(pool: pg.Pool): Promise<void> {
	const { rows } = await pool.query<{ installed_version: string | null }>(
		"select installed_version from pg_available_extensions where name = 'vector'",
	);
	if (rows[0]?.installed_version) return;
	const client = await pool.connect();
	try {
		await client.query("begin");
		await client.query("select pg_advisory_xact_lock($1)", [EXTENSION_LOCK]);
		await client.query("create extension if not exists vector");
		await client.query("commit");
	} catch (error) {
		await client.query("rollback");
		throw vectorError(error);
	} finally {
		client.release();
	}
}
