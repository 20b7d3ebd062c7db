import type { PGlite } from "@electric-sql/pglite";
import { type ConstructorOptions, fromPglite } from "pg-boss";

type QueueDatabase = NonNullable<ConstructorOptions["db"]>;

/**
 * pg-boss's way to PGlite. Its own adapter rolls a failed transaction back in a second call, and what another caller does
 * between the two would be in that transaction; here it is one.
 */
export function queueOverPglite(pglite: PGlite): QueueDatabase {
	return {
		...fromPglite(pglite),
		async executeSql(text, values) {
			if (values?.length) return await pglite.query(text, values);
			const results = /^\s*begin\b/i.test(text)
				? await pglite.transaction((transaction) => transaction.exec(text))
				: await pglite.exec(text);
			return { rows: results.flatMap(({ rows }) => rows) };
		},
	};
}
