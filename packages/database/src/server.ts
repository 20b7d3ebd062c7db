import { PostgresDialect } from "kysely";
import pg from "pg";
import type { Backend } from "./backend.ts";
import { keepListening } from "./listener.ts";
import { asUrlError, checkUrl } from "./server-errors.ts";

/** A server that does not answer by then counts as out of reach. */
const CONNECT_MS = 10_000;
/** With those of a job queue about 15 of the 100 connections that a server has by default: several processes fit. */
const MOST_CONNECTIONS = 10;

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
	// One that is lent breaks for its next query, which rejects; without a listener it would end the process.
	pool.on("connect", (client) => client.on("error", () => {}));
	const listeners = new Set<() => Promise<void>>();
	try {
		await pool.query("select 1");
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
