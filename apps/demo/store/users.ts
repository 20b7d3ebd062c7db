import { ArgumentError, shown } from "@drum/tensor";
import { hashOf, makeSecret } from "./credentials.ts";
import type { Store } from "./open-store.ts";
import { endSessions } from "./sessions.ts";
import type { User } from "./user.ts";
import { formOf, userNamed, usersNamed } from "./user-names.ts";

/** Who uses a service that asks for no token. */
const LOCAL = "local";

/** The one user of a service that asks for no token; made when it is not there. */
export async function localUser({ kysely }: Store): Promise<User> {
	await kysely
		.insertInto("users")
		.values({ name: LOCAL })
		.onConflict((conflict) => conflict.column("name").doNothing())
		.execute();
	return kysely.selectFrom("users").select(["id", "name"]).where("name", "=", LOCAL).executeTakeFirstOrThrow();
}

/**
 * Adds a user, and gives the token, which is kept nowhere.
 * @throws ArgumentError where the name is taken, empty or longer than 100 characters.
 */
export async function addUser({ kysely }: Store, given: string): Promise<{ user: User; token: string }> {
	const what = "user's name";
	const name = formOf(given);
	if (!/^\S(.{0,98}\S)?$/u.test(name)) {
		throw new ArgumentError({
			what,
			expected: "1 to 100 characters, no space at the ends",
			found: shown(name),
		});
	}
	const token = makeSecret();
	return kysely.transaction().execute(async (transaction) => {
		const taken = (await usersNamed(transaction, name)).length > 0;
		const insert = transaction.insertInto("users").values({ name }).returning(["id", "name"]);
		const user = taken
			? undefined
			: await insert.onConflict((conflict) => conflict.column("name").doNothing()).executeTakeFirst();
		if (!user) throw new ArgumentError({ what, expected: "one that is free", found: name });
		await transaction
			.insertInto("tokens")
			.values({ hash: hashOf(token), user_id: user.id })
			.execute();
		return { user, token };
	});
}

export async function listUsers({ kysely }: Store): Promise<(User & { createdAt: Date })[]> {
	const users = await kysely.selectFrom("users").selectAll().orderBy("created_at").orderBy("id").execute();
	return users.map(({ id, name, created_at }) => ({ id, name, createdAt: created_at }));
}

/**
 * Gives a user another token, which is kept nowhere. The one before is nobody's from now on, and the user's sessions end.
 * @throws ArgumentError where there is no user of the name, or more than one whose names look the same.
 */
export async function replaceToken({ kysely }: Store, name: string): Promise<string> {
	const token = makeSecret();
	await kysely.transaction().execute(async (transaction) => {
		const user = await userNamed(transaction, name);
		await transaction.deleteFrom("tokens").where("user_id", "=", user.id).execute();
		await transaction
			.insertInto("tokens")
			.values({ hash: hashOf(token), user_id: user.id })
			.execute();
		await endSessions(transaction, user.id);
	});
	return token;
}

/**
 * Removes a user and all that is theirs: tokens, histories, profiles, jobs and pictures.
 * @throws ArgumentError where there is none of the name, or more than one whose names look the same.
 */
export async function removeUser({ kysely }: Store, name: string): Promise<void> {
	const { id } = await userNamed(kysely, name);
	await kysely.deleteFrom("users").where("id", "=", id).execute();
}

export function userByToken({ kysely }: Store, token: string): Promise<User | undefined> {
	return kysely
		.selectFrom("users")
		.innerJoin("tokens", "tokens.user_id", "users.id")
		.select(["users.id", "users.name"])
		.where("tokens.hash", "=", hashOf(token))
		.executeTakeFirst();
}
