import { randomBytes } from "node:crypto";
import type { Store } from "./open-store.ts";

/** The secret of that name, the same for all who share the database; made when it is not there. */
export async function readSecret({ kysely }: Store, name: string): Promise<Uint8Array> {
	await kysely
		.insertInto("secrets")
		.values({ name, value: randomBytes(32) })
		.onConflict((conflict) => conflict.column("name").doNothing())
		.execute();
	const secret = kysely.selectFrom("secrets").select("value").where("name", "=", name);
	return (await secret.executeTakeFirstOrThrow()).value;
}
