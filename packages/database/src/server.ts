import { PostgresDialect } from "kysely";
import pg from "pg";
import type { Backend } from "./backend.ts";

/** A Postgres server, by its URL. */
export async function openServer(url: string): Promise<Backend> {
	const pool = new pg.Pool({ connectionString: url });
	return {
		kind: "server",
		dialect: new PostgresDialect({ pool }),
		queue: { connectionString: url },
		async listen(channel, onPayload) {
			const client = new pg.Client({ connectionString: url });
			await client.connect();
			client.on("notification", ({ payload }) => onPayload(payload ?? ""));
			await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
			return () => client.end();
		},
		[Symbol.asyncDispose]: () => pool.end(),
	};
}
