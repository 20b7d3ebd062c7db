import { type Kysely, sql } from "kysely";
import { hashOf, makeSecret } from "./credentials.ts";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";
import type { User } from "./user.ts";

/** Seconds that a session lasts. */
export const SESSION_SECONDS = 30 * 24 * 3600;
/** Of one user; the oldest make room. */
const MOST_SESSIONS = 50;

/** Tells this service from others. All servers of one database are the same. */
export async function serviceId({ kysely }: Store): Promise<string> {
	return (await kysely.selectFrom("service").select("id").executeTakeFirstOrThrow()).id;
}

/** Begins a session of a user, and gives its secret, which is kept nowhere. Sessions that have ended are cleared away. */
export function beginSession({ kysely }: Store, userId: string): Promise<string> {
	const secret = makeSecret();
	return kysely.transaction().execute(async (transaction) => {
		await transaction.deleteFrom("sessions").where("ends_at", "<=", sql<Date>`now()`).execute();
		await transaction
			.deleteFrom("sessions")
			.where("hash", "in", ({ selectFrom }) =>
				selectFrom("sessions as own")
					.select("own.hash")
					.where("own.user_id", "=", userId)
					.orderBy("own.created_at", "desc")
					.offset(MOST_SESSIONS - 1),
			)
			.execute();
		const ends_at = sql<Date>`now() + make_interval(secs => ${SESSION_SECONDS})`;
		await transaction
			.insertInto("sessions")
			.values({ hash: hashOf(secret), user_id: userId, ends_at })
			.execute();
		return secret;
	});
}

export function userBySession({ kysely }: Store, secret: string): Promise<User | undefined> {
	return kysely
		.selectFrom("users")
		.innerJoin("sessions", "sessions.user_id", "users.id")
		.select(["users.id", "users.name"])
		.where("sessions.hash", "=", hashOf(secret))
		.where("sessions.ends_at", ">", sql<Date>`now()`)
		.executeTakeFirst();
}

export async function endSession({ kysely }: Store, secret: string): Promise<void> {
	await kysely.deleteFrom("sessions").where("hash", "=", hashOf(secret)).execute();
}

/** Ends all of a user's. */
export async function endSessions(transaction: Kysely<Tables>, userId: string): Promise<void> {
	await transaction.deleteFrom("sessions").where("user_id", "=", userId).execute();
}
